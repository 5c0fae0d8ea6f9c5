// Compares packet counts of real captures with those of tshark (tshark_counts.csv, written by
// tshark_counts.py). Differences are allowed only where tshark_exceptions.csv lists them with a
// reason.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/ip_protocol.h"
#include "engine/parse/parser.h"
#include "engine/port/capture_reader.h"
#include "tests/support/real_captures.h"

namespace floodgauge::testing {
namespace {

namespace fs = std::filesystem;

using Counts = std::map<std::string, long>;  ///< by column: packets, ipv4, ipv6, tcp, ...

std::vector<std::vector<std::string>> read_csv(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> row;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    rows.push_back(std::move(row));
  }
  return rows;
}

const char* transport_name(const PacketFacts& facts) {
  if ((facts.flags & kFactLaterFragment) != 0) return nullptr;
  switch (facts.protocol) {
    case kProtocolIcmp:
      return "icmp";
    case kProtocolTcp:
      return "tcp";
    case kProtocolUdp:
      return "udp";
    case kProtocolIcmpV6:
      return "icmpv6";
    case kProtocolSctp:
      return "sctp";
    default:
      return nullptr;
  }
}

void count_packet(const CaptureRecord& record, Counts& counts) {
  const FrameView& frame = record.frame;
  PacketFacts facts;
  parse_outer(frame, facts);
  ++counts["packets"];
  if ((facts.flags & kFactIpv4) != 0) ++counts["ipv4"];
  if ((facts.flags & kFactIpv6) != 0) ++counts["ipv6"];
  if (facts.depth == 0) return;
  while (transport_name(facts) == nullptr && parse_inner(frame, facts)) {
  }
  if (const char* name = transport_name(facts)) ++counts[name];
}

Counts count_capture(const fs::path& path) {
  Counts counts;
  CaptureReader reader(path);
  for (auto batch = reader.next(); !batch.empty(); batch = reader.next()) {
    for (const CaptureRecord& record : batch) count_packet(record, counts);
  }
  return counts;
}

/// Our count minus tshark's, by file and column.
using Exceptions = std::map<std::pair<std::string, std::string>, long>;

Exceptions read_exceptions(const fs::path& path) {
  Exceptions exceptions;
  const auto rows = read_csv(path);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    exceptions[{rows[i].at(0), rows[i].at(1)}] = std::stol(rows[i].at(2));
  }
  return exceptions;
}

TEST(TsharkCounts, EqualOursExceptForTheListedDifferences) {
  const fs::path source = FLOODGAUGE_SOURCE_ROOT;
  const fs::path folder = real_captures(source);
  if (folder.empty()) GTEST_SKIP() << "no captures: set FLOODGAUGE_PCAPS to a folder of them";
  const auto table = read_csv(source / "tests/engine/parse/tshark_counts.csv");
  const Exceptions listed = read_exceptions(source / "tests/engine/parse/tshark_exceptions.csv");
  ASSERT_GT(table.size(), 1u);
  const auto& columns = table.front();
  std::size_t compared = 0;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const std::string& file = table[i].at(0);
    if (!fs::exists(folder / file)) continue;
    Counts ours = count_capture(folder / file);
    ++compared;
    for (std::size_t column = 1; column < columns.size(); ++column) {
      const auto exception = listed.find({file, columns[column]});
      const long difference = exception == listed.end() ? 0 : exception->second;
      EXPECT_EQ(ours[columns[column]] - std::stol(table[i].at(column)), difference)
          << file << ", " << columns[column];
    }
  }
  if (compared == 0) GTEST_SKIP() << folder << " holds none of the captures that were counted";
}

}  // namespace
}  // namespace floodgauge::testing
