// Valid captures of every format and variant, with the packets that must be read from them.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "engine/parse/parser.h"
#include "tests/engine/port/capture_builder.h"

namespace floodgauge::test {

struct Packet {
  std::int64_t time;
  Bytes data;
  std::uint32_t wire;
  LinkType link;
  bool operator==(const Packet&) const = default;
};

inline void PrintTo(const Packet& packet, std::ostream* out) {
  *out << "{time " << packet.time << ", captured " << packet.data.size() << ", wire " << packet.wire
       << ", link " << static_cast<int>(packet.link) << "}";
}

struct CaptureCase {
  std::string what;
  Bytes bytes;
  std::vector<Packet> packets;
};

std::vector<CaptureCase> pcap_cases();
std::vector<CaptureCase> pcapng_cases();

}  // namespace floodgauge::test
