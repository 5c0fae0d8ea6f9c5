// Packets with which the parser is tested. They are also its fuzz corpus
// (tests/fuzz/corpus/parser): each file there is named after the sentence of its case.
#pragma once

#include <string>
#include <vector>

#include "engine/parse/parser.h"
#include "tests/support/packet_builder.h"

namespace floodgauge::testing {

struct PacketCase {
  const char* why;  ///< a sentence that says what the packet is
  Bytes frame;
  std::string expected;  ///< the result of describe_all()
  LinkType link = LinkType::ethernet;
};

/// All cases.
std::vector<PacketCase> packet_table();

// The cases by subject.
std::vector<PacketCase> link_packets();
std::vector<PacketCase> ip_packets();
std::vector<PacketCase> transport_packets();
std::vector<PacketCase> tunnel_packets();
std::vector<PacketCase> capture_packets();

}  // namespace floodgauge::testing
