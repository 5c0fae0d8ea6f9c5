// The parser's cases: also what its fuzz corpus is made of.
#pragma once

#include <string>
#include <vector>

#include "engine/parse/parser.h"
#include "tests/support/packet_builder.h"

namespace floodgauge::testing {

struct PacketCase {
  const char* why;
  Bytes frame;
  std::string expected;  ///< as describe_all() says it
  LinkType link = LinkType::ethernet;
};

std::vector<PacketCase> packet_table();

// Its parts, by what they are about.
std::vector<PacketCase> link_packets();
std::vector<PacketCase> ip_packets();
std::vector<PacketCase> transport_packets();
std::vector<PacketCase> tunnel_packets();

}  // namespace floodgauge::testing
