// The flow table: lookups, handshakes, expiry, capacity and growth.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/flow/flow_table.h"
#include "tests/engine/flow/flow_packets.h"

namespace floodgauge {
namespace {

using namespace testing;

TEST(FlowTable, AFlowIsNewOnceAndThenItsPacketsAreCounted) {
  FlowTable table(64, kIdle);
  const FlowLookup first = table.count_packet(from_client(1), 0);
  EXPECT_TRUE(first.new_flow);
  EXPECT_TRUE(first.first_in_window);
  EXPECT_EQ(first.packets, 1u);
  const FlowLookup second = table.count_packet(from_client(1), 0);
  EXPECT_FALSE(second.new_flow);
  EXPECT_FALSE(second.first_in_window);
  EXPECT_EQ(second.packets, 2u);
  EXPECT_TRUE(table.count_packet(from_client(2), 0).new_flow);
  EXPECT_EQ(table.entries(), 2u);
}

TEST(FlowTable, BothDirectionsShareOneEntry) {
  FlowTable table(64, kIdle);
  EXPECT_FALSE(table.count_packet(from_client(1), 0).other_side_sent);
  const FlowLookup answer = table.count_packet(from_server(1), 0);
  EXPECT_FALSE(answer.new_flow);
  EXPECT_TRUE(answer.other_side_sent);
  EXPECT_FALSE(answer.from_initiator);
  const FlowLookup next = table.count_packet(from_client(1), 0);
  EXPECT_TRUE(next.other_side_sent);
  EXPECT_TRUE(next.from_initiator);
}

TEST(FlowTable, TheFirstPacketInAWindowIsReportedOncePerWindow) {
  FlowTable table(64, kIdle);
  table.count_packet(from_client(1), 7);
  EXPECT_FALSE(table.count_packet(from_client(1), 7).first_in_window);
  const FlowLookup next = table.count_packet(from_client(1), 8);
  EXPECT_TRUE(next.first_in_window);
  EXPECT_FALSE(next.new_flow);
}

struct Step {
  bool client;
  std::uint8_t flags;
  bool payload;
  bool answered, completed, progressed, first_payload;  // the events to be reported
};
struct HandshakeCase {
  const char* sentence;
  std::vector<Step> steps;
};

TEST(FlowTable, ReportsEachEventOfAHandshakeOnce) {
  constexpr bool kClient = true;
  constexpr bool kServer = false;
  const HandshakeCase cases[] = {
      {"a whole handshake with a request",
       {{kClient, kTcpSyn, false, false, false, false, false},
        {kServer, kTcpSyn | kTcpAck, false, true, false, false, false},
        {kClient, kTcpAck, false, false, true, false, false},
        {kClient, kTcpAck, true, false, false, false, true},
        {kClient, kTcpAck, true, false, false, false, false}}},
      {"a repeated SYN-ACK is no second answer",
       {{kClient, kTcpSyn, false, false, false, false, false},
        {kServer, kTcpSyn | kTcpAck, false, true, false, false, false},
        {kServer, kTcpSyn | kTcpAck, false, false, false, false, false}}},
      {"a SYN-ACK without a SYN answers nothing",
       {{kServer, kTcpSyn | kTcpAck, false, false, false, false, false}}},
      {"only the client's side is visible: it goes on after its SYN, so the SYN was answered",
       {{kClient, kTcpSyn, false, false, false, false, false},
        {kClient, kTcpAck, false, false, false, true, false},
        {kClient, kTcpAck, true, false, false, false, true}}},
      {"a repeated SYN completes nothing",
       {{kClient, kTcpSyn, false, false, false, false, false},
        {kClient, kTcpSyn, false, false, false, false, false}}},
      {"a RST with ACK after the SYN-ACK is no completion",
       {{kClient, kTcpSyn, false, false, false, false, false},
        {kServer, kTcpSyn | kTcpAck, false, true, false, false, false},
        {kClient, kTcpRst | kTcpAck, false, false, false, false, false}}},
      {"an ACK without a handshake completes nothing",
       {{kClient, kTcpAck, false, false, false, false, false}}},
  };
  for (const HandshakeCase& c : cases) {
    SCOPED_TRACE(c.sentence);
    FlowTable table(64, kIdle);
    for (std::size_t i = 0; i < c.steps.size(); ++i) {
      SCOPED_TRACE("packet " + std::to_string(i));
      const Step& step = c.steps[i];
      const FlowLookup seen =
          table.count_packet(step.client ? from_client(1, step.flags, step.payload)
                                         : from_server(1, step.flags, step.payload),
                             0);
      EXPECT_EQ(seen.answered_syn, step.answered);
      EXPECT_EQ(seen.completed, step.completed);
      EXPECT_EQ(seen.progressed, step.progressed);
      EXPECT_EQ(seen.first_payload, step.first_payload);
    }
  }
}

TEST(FlowTable, TheServersFirstPayloadIsNotTheInitiators) {
  FlowTable table(64, kIdle);
  table.count_packet(from_client(1, kTcpSyn), 0);
  EXPECT_FALSE(table.count_packet(from_server(1, kTcpAck, true), 0).first_payload);
  EXPECT_TRUE(table.count_packet(from_client(1, kTcpAck, true), 0).first_payload);
}

TEST(FlowTable, AFlowThatWasIdleForTooLongIsNewAgain) {
  struct Case {
    const char* sentence;
    bool answered;
    std::uint16_t age;
    bool is_new;
  };
  const Case cases[] = {
      {"answered, idle for as long as it may be", true, kIdle, false},
      {"answered, idle for one window more", true, kIdle + 1, true},
      {"one-sided, idle for an eighth of that", false, kIdle / 8, false},
      {"one-sided, idle for one window more", false, kIdle / 8 + 1, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.sentence);
    FlowTable table(64, kIdle);
    const std::uint16_t then = 65000;  // so that the generation wraps around
    table.count_packet(from_client(1), then);
    if (c.answered) table.count_packet(from_server(1), then);
    const auto now = static_cast<std::uint16_t>(then + c.age);
    const FlowLookup seen = table.count_packet(from_client(1), now);
    EXPECT_EQ(seen.new_flow, c.is_new);
    EXPECT_EQ(seen.packets, c.is_new ? 1u : (c.answered ? 3u : 2u));
    EXPECT_EQ(table.entries(), 1u) << "its entry is used again";
  }
}

TEST(FlowTable, AtItsCapacityItEvictsNothingAndFindsEveryFlow) {
  constexpr std::uint32_t kFlows = 65536;
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const HashKey key = key_from_seed(seed);
    FlowTable table(kFlows, kIdle);
    const std::size_t memory = table.memory_bytes();
    const auto packet = [&](std::uint64_t i) {
      FlowPacket p = from_client(0);
      p.hash = hash_of(i, key);
      return p;
    };
    for (std::uint32_t i = 0; i < kFlows; ++i) table.count_packet(packet(i), 0);
    EXPECT_EQ(table.evictions(), 0u);
    EXPECT_EQ(table.entries(), kFlows);
    std::uint32_t lost = 0;
    for (std::uint32_t i = 0; i < kFlows; ++i)
      lost += table.count_packet(packet(i), 1).packets != 2;
    EXPECT_EQ(lost, 0u);
    EXPECT_EQ(table.memory_bytes(), memory);
  }
}

TEST(FlowTable, BeyondItsCapacityItEvictsAndCountsEvictionsAndNeverGrows) {
  constexpr std::uint32_t kFlows = 4096;
  FlowTable table(kFlows, kIdle);
  const std::size_t memory = table.memory_bytes();
  for (std::uint32_t i = 0; i < 10 * kFlows; ++i) {
    EXPECT_TRUE(table.count_packet(from_client(i), 0).new_flow);
  }
  // There is room for twice the configured flows. Every flow is in the table or was evicted.
  EXPECT_GT(table.entries(), 18 * kFlows / 10);
  EXPECT_LE(table.entries(), 2 * kFlows);
  EXPECT_EQ(table.entries() + table.evictions(), 10 * kFlows);
  EXPECT_EQ(table.memory_bytes(), memory);
}

TEST(FlowTable, ASpoofedFloodDoesNotEvictTheFlowsThatAreAnswered) {
  constexpr std::uint32_t kFlows = 4096;
  constexpr std::uint32_t kAnswered = 1000;
  FlowTable table(kFlows, kIdle);
  for (std::uint32_t i = 0; i < kAnswered; ++i) {
    table.count_packet(from_client(i), 0);
    table.count_packet(from_server(i), 0);
  }
  for (std::uint32_t i = 0; i < 20 * kFlows; ++i) table.count_packet(from_client(1000000 + i), 1);
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < kAnswered; ++i)
    kept += table.count_packet(from_client(i), 2).packets == 3;
  EXPECT_GE(kept, kAnswered * 99 / 100);
}

TEST(FlowTable, HasRoomAgainWhenTheFlowsOfAFloodHaveExpired) {
  constexpr std::uint32_t kFlows = 4096;
  FlowTable table(kFlows, kIdle);
  for (std::uint32_t i = 0; i < 10 * kFlows; ++i) table.count_packet(from_client(i), 0);
  const std::uint64_t evicted = table.evictions();
  const std::uint16_t later = kIdle / 8 + 1;
  for (std::uint32_t i = 0; i < kFlows; ++i) {
    // Insertion is deferred: a flow takes an entry with its second packet.
    table.count_packet(from_client(1000000 + i), later);
    EXPECT_EQ(table.count_packet(from_server(1000000 + i), later).packets, 2u);
  }
  EXPECT_EQ(table.evictions(), evicted);
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < kFlows; ++i) {
    kept += table.count_packet(from_client(1000000 + i), later).packets == 3;
  }
  EXPECT_EQ(kept, kFlows);
}

/// The growing table is sixteen times as large at the end as at the start.
TEST(FlowTable, ATableThatGrowsReportsWhatATableOfFullSizeReports) {
  constexpr std::uint32_t kFlows = 1 << 16;
  BackgroundPrefault background;
  FlowTable growing(kFlows, kIdle, &background);
  FlowTable fixed(kFlows, kIdle);
  std::mt19937 random(2);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  std::uint32_t slots_found = 0;
  for (std::uint32_t i = 0; i < 6 * kFlows; ++i) {
    if (i % 32 == 0) growing.grow_if_filled();
    // A new flow, or a recent one, or any.
    const std::uint32_t begun = i / 6 + 1;
    const std::uint32_t among = i % 2 == 0 ? begun : std::min(begun, 32u);
    const std::uint32_t flow = i % 6 == 0 ? begun - 1 : begun - 1 - below(among);
    const FlowPacket packet =
        below(2) == 0 ? from_client(flow, kTcpAck) : from_server(flow, kTcpAck);
    const auto generation =
        static_cast<std::uint16_t>(i / 512);  // too few new flows per window to defer insertion
    FlowLookup one;
    const FlowTable::Handle handle = growing.count_packet(packet, generation, one);
    ASSERT_TRUE(are_equal(one, fixed.count_packet(packet, generation)))
        << "flow " << flow << ", packet " << i;
    if (!one.first_in_window) {
      ASSERT_EQ(FlowTable::cached_host_slots(handle).one, flow);
      ++slots_found;
    }
    FlowTable::cache_host_slots(handle, {.lower = flow});
  }
  EXPECT_GT(slots_found, kFlows);
  EXPECT_GT(growing.entries(), kFlows * 9 / 10) << "all but those that expired";
  EXPECT_EQ(growing.evictions(), 0u);
}

}  // namespace
}  // namespace floodgauge
