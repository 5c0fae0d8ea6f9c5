// While very many new flows come: a flow gets its entry with its second packet.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "engine/flow/flow_table.h"
#include "tests/engine/flow/flow_packets.h"

namespace floodgauge {
namespace {

using namespace testing;

/// A table with more one-sided flows than it is configured for. They all came in one window, so
/// insertion is deferred in the next.
struct DeferringTable {
  static constexpr std::uint32_t kFlows = 4096;
  static constexpr std::uint16_t kNow = 2;  ///< the window in which insertion is deferred

  FlowTable table{kFlows, kIdle};

  DeferringTable() {
    for (std::uint32_t i = 0; i < kFlows * 5 / 4; ++i)
      table.count_packet(from_client(1000000 + i), kNow - 1);
    table.count_packet(from_client(1000000), kNow);
    evicted = table.evictions();
  }
  std::uint64_t evicted = 0;
};

TEST(DeferredInsertion, AHandshakeIsReportedAsUsual) {
  DeferringTable deferring;
  FlowTable& table = deferring.table;
  for (std::uint64_t flow = 0; flow < 500; ++flow) {
    const FlowLookup syn = table.count_packet(from_client(flow, kTcpSyn), 2);
    EXPECT_TRUE(syn.new_flow && syn.first_in_window && syn.from_initiator && syn.eventful);
    EXPECT_EQ(syn.packets, 1u);
    EXPECT_EQ(syn.state, kUpperSent | kUpperInitiated | kSynSeen);
  }
  FlowTable::Handle handle;
  EXPECT_FALSE(find_known(table, 7, 2, handle)) << "has no entry before its second packet";
  for (std::uint64_t flow = 0; flow < 500; ++flow) {
    const FlowLookup answer = table.count_packet(from_server(flow, kTcpSyn | kTcpAck), 4);
    EXPECT_TRUE(answer.answered_syn && answer.other_side_sent && answer.first_in_window);
    EXPECT_FALSE(answer.new_flow || answer.from_initiator);
    EXPECT_EQ(answer.packets, 2u);
    EXPECT_TRUE(find_known(table, flow, 4, handle));
    EXPECT_TRUE(table.count_packet(from_client(flow, kTcpAck), 4).completed);
  }
  EXPECT_EQ(table.evictions(), deferring.evicted);
}

// This does not depend on free room: a flood that writes all over a large table drives everything
// else out of the caches.
TEST(DeferredInsertion, IsDecidedByTheNumberOfNewFlowsInTheWindowBefore) {
  constexpr std::uint32_t kFlows = 65536;
  FlowTable table(kFlows, kIdle);
  FlowTable::Handle handle;
  const auto has_entry = [&](std::uint32_t flow, std::uint16_t generation) {
    EXPECT_TRUE(table.count_packet(from_client(flow, kTcpSyn), generation).new_flow);
    return find_known(table, flow, generation, handle);
  };
  for (std::uint32_t i = 0; i < kFlows / 512; ++i) EXPECT_TRUE(has_entry(i, 1));
  EXPECT_TRUE(has_entry(1000, 2)) << "so many new flows are not yet too many";
  for (std::uint32_t i = 2000; i < 2000 + kFlows / 512; ++i) EXPECT_TRUE(has_entry(i, 2));
  EXPECT_FALSE(has_entry(3000, 3)) << "the window before had one new flow too many";
  EXPECT_TRUE(has_entry(4000, 4)) << "the window before had few new flows";
}

TEST(DeferredInsertion, ARepeatedSynIsNoNewFlow) {
  DeferringTable deferring;
  EXPECT_TRUE(deferring.table.count_packet(from_client(1, kTcpSyn), 2).new_flow);
  const FlowLookup again = deferring.table.count_packet(from_client(1, kTcpSyn), 2);
  EXPECT_FALSE(again.new_flow || again.first_in_window);
  EXPECT_EQ(again.packets, 2u);
  EXPECT_FALSE(deferring.table.count_packet(from_client(1, kTcpSyn), 3).new_flow);
}

TEST(DeferredInsertion, TheShortWayOfASynReportsWhatTheLongWayReports) {
  DeferringTable reference;
  DeferringTable short_way;
  std::mt19937 random(5);
  unsigned counted = 0;
  for (unsigned i = 0; i < 20000; ++i) {
    const auto generation = static_cast<std::uint16_t>(DeferringTable::kNow + i / 4000);
    const bool up = random() % 4 != 0;
    const bool syn = random() % 4 != 0;
    const std::uint64_t flow = random() % 4000;
    FlowPacket packet = up ? from_client(flow, syn ? kTcpSyn : kTcpAck)
                           : from_server(flow, syn ? kTcpSyn : kTcpSyn | kTcpAck);
    packet.payload = random() % 8 == 0;
    const FlowLookup seen = reference.table.count_packet(packet, generation);
    if (syn && short_way.table.count_first_syn(packet, generation)) {
      ++counted;
      EXPECT_TRUE(seen.new_flow && seen.first_in_window && seen.from_initiator && seen.eventful);
      EXPECT_FALSE(seen.other_side_sent || seen.answered_syn || seen.completed || seen.progressed);
      EXPECT_EQ(seen.packets, 1u);
      EXPECT_EQ(seen.first_payload, packet.payload);
    } else {
      const FlowLookup other = short_way.table.count_packet(packet, generation);
      EXPECT_EQ(other.new_flow, seen.new_flow);
      EXPECT_EQ(other.packets, seen.packets);
      EXPECT_EQ(other.state, seen.state);
      EXPECT_EQ(other.first_in_window, seen.first_in_window);
    }
    ASSERT_EQ(short_way.table.entries(), reference.table.entries());
    ASSERT_EQ(short_way.table.evictions(), reference.table.evictions());
  }
  EXPECT_GT(counted, 1000u);
}

TEST(DeferredInsertion, OtherwiseASynTakesTheLongWay) {
  FlowTable table(65536, kIdle);
  EXPECT_FALSE(table.count_first_syn(from_client(1, kTcpSyn), 1));
  EXPECT_TRUE(table.count_packet(from_client(1, kTcpSyn), 1).new_flow);
}

TEST(DeferredInsertion, NoHostSlotsAreCachedForAFlowWithoutAnEntry) {
  DeferringTable deferring;
  FlowLookup lookup;
  const FlowTable::Handle handle = deferring.table.count_packet(from_client(1, kTcpSyn), 2, lookup);
  FlowTable::cache_host_slots(handle, {.lower = 3, .upper = 4});
  const FlowTable::Handle other = deferring.table.count_packet(from_client(2, kTcpSyn), 2, lookup);
  FlowTable::cache_host_slots(other, {.lower = 5, .upper = 6});
  const FlowTable::Handle answered =
      deferring.table.count_packet(from_server(1, kTcpSyn | kTcpAck), 2, lookup);
  EXPECT_EQ(FlowTable::cached_host_slots(answered).one, FlowHostSlots::kUnknown);
}

TEST(DeferredInsertion, NewFlowsEvictNoEntry) {
  DeferringTable deferring;
  constexpr std::uint32_t kMany = 20 * DeferringTable::kFlows;
  const std::uint8_t flags[] = {kTcpSyn, kTcpAck, kTcpSyn | kTcpAck, kTcpRst};
  std::uint32_t begun = 0;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    FlowPacket packet = from_client(i, flags[i % 4]);
    packet.tcp = i % 5 != 0;
    begun += deferring.table.count_packet(packet, 2).new_flow;
  }
  EXPECT_EQ(begun, kMany);
  std::uint32_t kept = 0;
  constexpr std::uint32_t kBefore = DeferringTable::kFlows * 5 / 4;
  for (std::uint32_t i = 0; i < kBefore; ++i) {
    kept += !deferring.table.count_packet(from_client(1000000 + i), 2).new_flow;
  }
  EXPECT_EQ(kept, kBefore) << "single-packet flows replaced only one another";
  EXPECT_EQ(deferring.table.entries() + deferring.table.evictions() - deferring.evicted,
            kBefore + begun);
}

/// Counts the same packets in a table that defers insertion and in one that does not.
TEST(DeferredInsertion, ATableThatDefersInsertionReportsWhatALargeOneReports) {
  std::mt19937 random(1);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  FlowTable small(16384, kIdle);
  FlowTable large(1 << 20, kIdle);
  std::uint32_t next = 0;
  std::vector<std::uint64_t> open;
  for (std::uint32_t i = 0; i < 17000; ++i) {
    for (FlowTable* table : {&small, &large}) table->count_packet(from_client(1000000 + i), 0);
  }
  std::uint32_t without_entry = 0;
  for (std::uint16_t generation = 1; generation < 400; ++generation) {
    for (int i = 0; i < 60; ++i) {
      const bool begins = open.empty() || below(2) == 0;
      if (begins) open.push_back(next++);
      const std::uint64_t flow =
          begins ? open.back() : open[below(static_cast<std::uint32_t>(open.size()))];
      const std::uint8_t flags[] = {kTcpSyn, kTcpSyn | kTcpAck, kTcpAck, kTcpRst, 0};
      FlowPacket packet = below(2) == 0 ? from_client(flow) : from_server(flow);
      packet.tcp = flow % 4 != 0;
      packet.tcp_flags = begins && below(3) != 0 ? kTcpSyn : flags[below(5)];
      packet.payload = below(4) == 0;
      const FlowLookup one = small.count_packet(packet, generation);
      const FlowLookup other = large.count_packet(packet, generation);
      ASSERT_TRUE(are_equal(one, other)) << "flow " << flow << " in window " << generation;
      FlowTable::Handle handle;
      without_entry += !find_known(small, flow, generation, handle);
      if (below(16) == 0)
        open.erase(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(open.size() / 2));
    }
  }
  EXPECT_EQ(small.evictions(), 0u);
  EXPECT_GT(without_entry, 1000u) << "insertion was deferred for many flows";
}

}  // namespace
}  // namespace floodgauge
