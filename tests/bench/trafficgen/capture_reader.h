// A small reader of captures that is independent of the generator's code, and scratch files for the
// tests of the generator.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/trafficgen/generator.h"

namespace floodgauge::trafficgen {

struct CapturedPacket {
  std::int64_t time = 0;  ///< ns since 1970
  std::uint32_t original = 0;
  std::vector<std::uint8_t> bytes;

  bool v6() const { return bytes[12] == 0x86; }
  std::uint8_t protocol() const { return bytes[v6() ? 20 : 23]; }
  /// The bytes of the address, as a string that can be compared.
  std::string source() const { return address(v6() ? 22 : 26); }
  std::string destination() const { return address(v6() ? 38 : 30); }
  /// Offset of the header after the IP header.
  std::size_t transport() const { return v6() ? 54 : 34; }
  std::uint16_t u16(std::size_t at) const {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
  }
  std::uint32_t u32(std::size_t at) const { return std::uint32_t{u16(at)} << 16 | u16(at + 2); }

 private:
  std::string address(std::size_t at) const {
    return {reinterpret_cast<const char*>(bytes.data()) + at, v6() ? 16u : 4u};
  }
};

std::vector<std::uint8_t> read_file(const std::string& path);
/// Reads a pcap file with nanoseconds or microseconds, in the byte order of this machine.
std::vector<CapturedPacket> read_pcap(const std::string& path);

/// A directory that is removed at the end of the test.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A request for two seconds with the default inside network.
Request small_request(const std::string& out);

}  // namespace floodgauge::trafficgen
