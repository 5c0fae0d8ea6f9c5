#include "bench/pipeline/capture_file.h"

#include <fstream>

#include "bench/pipeline/traffic.h"

namespace floodgauge::bench {

int write_capture(std::string_view mix, const char* path, std::uint32_t packets) {
  for (const Mix wanted : kMixes) {
    if (mix_name(wanted) != mix) continue;
    const bool few = wanted == Mix::ordinary || wanted == Mix::imix || wanted == Mix::reflection;
    Traffic traffic(
        {.mix = wanted, .flows = few ? 50'000u : 1'000'000u, .hosts = few ? 256u : 65'536u});
    std::ofstream file(path, std::ios::binary);
    const auto put = [&](std::uint32_t word) {
      file.write(reinterpret_cast<const char*>(&word), sizeof word);
    };
    for (const std::uint32_t word : {0xa1b2c3d4u, 0x00040002u, 0u, 0u, 65535u, 1u}) put(word);
    std::uint8_t bytes[Frame::kRoom] = {};
    for (std::uint32_t i = 0; i < packets; ++i) {
      Frame frame{bytes, 0};
      traffic.next(frame);
      put(1'700'000'000 + i / 10'000'000);
      put(i % 10'000'000 / 10);
      put(frame.bytes);
      put(frame.bytes);
      file.write(reinterpret_cast<const char*>(bytes), frame.bytes);
    }
    return file.flush() ? 0 : 3;
  }
  return 2;
}

}  // namespace floodgauge::bench
