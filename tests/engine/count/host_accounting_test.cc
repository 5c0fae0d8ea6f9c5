#include "engine/count/host_accounting.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::Engine;
using testing::kServer;
using testing::Paths;
using testing::protecting;
using testing::udp;

TEST(HostAccounting, KeepsMoreVectorsThanARecordHasRoomFor) {
  Engine engine;
  const std::uint16_t ports[] = {53,   123, 11211, 1900, 389,  161,  19,    17,  520,
                                 5353, 137, 111,   69,   3702, 5683, 27960, 500, 1701};
  for (int round = 0; round < 3; ++round) {
    for (const std::uint16_t port : ports) engine.see(udp("192.0.2.1", kServer, port, 40000));
  }
  std::size_t cells = 0;
  std::uint64_t packets = 0;
  engine.host(kServer)->for_each_cell([&](const Cell& cell) {
    ++cells;
    packets += cell.packets;
    EXPECT_EQ(cell.packets % 3, 0u) << info(cell.vector).name;
  });
  EXPECT_EQ(packets, 3 * std::size(ports));
  EXPECT_GT(cells, std::size_t{HostRecord::kCells});
}

TEST(HostAccounting, CountsIntoBothHostsAndCachesTheirSlotsInTheFlow) {
  Paths paths(protecting({"198.51.100.0/24", "203.0.113.0/24"}));
  paths.count(std::array{udp("203.0.113.9", kServer), udp(kServer, "203.0.113.9", 9000, 40000)});
  const Bytes frame = udp("203.0.113.9", kServer);
  const auto burst = paths.classified({&frame, 1});
  paths.host_accounting.count(*burst, *paths.protection, *paths.window);
  const CountedBurst::Records& records = burst->records[0];
  ASSERT_NE(records.in, nullptr);
  ASSERT_NE(records.out, nullptr);
  EXPECT_EQ(records.in->address, IpAddress::parse(kServer).value());
  EXPECT_EQ(records.in->inbound().packets, 2u);
  EXPECT_EQ(records.in->flows_active, 1u);
  EXPECT_EQ(records.out->inbound().packets, 1u);
  const CachedHostSlots cached = FlowTable::cached_host_slots(burst->flow_handles[0]);
  const std::set<std::size_t> slots{paths.window->hosts.slot_of(*records.in),
                                    paths.window->hosts.slot_of(*records.out)};
  EXPECT_EQ((std::set<std::size_t>{cached.one, cached.other}), slots);
}

}  // namespace
}  // namespace floodgauge
