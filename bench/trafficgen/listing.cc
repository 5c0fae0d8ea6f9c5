#include "bench/trafficgen/listing.h"

#include "bench/trafficgen/benign.h"
#include "bench/trafficgen/flood_packets.h"
#include "bench/trafficgen/flood_reflection.h"
#include "bench/trafficgen/flood_requests.h"
#include "bench/trafficgen/presets.h"

namespace floodgauge::trafficgen {
namespace {

constexpr std::size_t kColumn = 28;

void append_row(std::string& text, std::string name, std::string_view description) {
  name.resize(std::max(name.size() + 1, kColumn), ' ');
  text.append("  ").append(name).append(description).append("\n");
}

}  // namespace

std::string listing() {
  std::string text = "Vectors (--flood VECTOR:...):\n";
  for (const PacketVector& row : packet_vectors()) {
    append_row(text, std::string(info(row.vector).name), row.description);
  }
  for (const RequestVector& row : request_vectors()) {
    append_row(text, std::string(info(row.vector).name), row.description);
  }
  for (const ReflectedService& row : reflected_services()) {
    append_row(text, std::string(info(row.vector).name), row.description);
  }
  append_row(text, "reflection_port_N", "answers of an unknown service from port N");
  text +=
      "\nKeys: target=ADDRESS|PREFIX rate=50kpps start=3s duration=4s ramp=1s pulse=2s/5s\n"
      "      sources=N|crowd/N|spoofed|any ttl=N port=N|random size=BYTES answers=0..1\n";
  text += "\nMixes (--benign MIX=RATE):\n";
  for (const Mix& row : mixes()) append_row(text, std::string(row.name), row.description);
  append_row(text, "mix", "a blend of these mixes, as on a border link");
  text += "\nEffects (--effect SERVICE:...):\n";
  append_row(text, "dns, web, mail", "answers=0..1 start=3s duration=4s ramp=1s");
  append_row(text, "blackout", "start=3s duration=4s target=PREFIX (default: all inside)");
  text += "\nPresets (--preset NAME, scaled by --duration):\n";
  for (const Preset& row : presets()) append_row(text, std::string(row.name), row.description);
  append_row(text, "benign-MIX", "one mix alone, at 20 kpps");
  return text;
}

}  // namespace floodgauge::trafficgen
