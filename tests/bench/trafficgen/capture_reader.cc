#include "tests/bench/trafficgen/capture_reader.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace floodgauge::trafficgen {

std::vector<std::uint8_t> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot open");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<CapturedPacket> read_pcap(const std::string& path) {
  const std::vector<std::uint8_t> data = read_file(path);
  const auto word = [&](std::size_t at) {
    std::uint32_t value;
    std::memcpy(&value, data.data() + at, 4);
    return value;
  };
  const std::int64_t unit = word(0) == 0xa1b2c3d4 ? 1000 : 1;
  std::vector<CapturedPacket> packets;
  for (std::size_t at = 24; at + 16 <= data.size();) {
    CapturedPacket packet;
    packet.time = std::int64_t{word(at)} * 1'000'000'000 + word(at + 4) * unit;
    packet.original = word(at + 12);
    const auto begin = data.begin() + static_cast<std::ptrdiff_t>(at + 16);
    packet.bytes.assign(begin, begin + word(at + 8));
    at += 16 + word(at + 8);
    packets.push_back(std::move(packet));
  }
  return packets;
}

ScratchDirectory::ScratchDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "trafficgen-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

Request small_request(const std::string& out) {
  Request request;
  request.out = out;
  request.start = parse_time("2026-01-01T00:00:00Z");
  request.duration = whole_seconds(2);
  for (const char* prefix : {"198.51.100.0/24", "203.0.113.0/24", "2001:db8:1::/48"}) {
    request.inside.push_back(parse_prefix(prefix));
  }
  return request;
}

}  // namespace floodgauge::trafficgen
