// The known-flow fast path: which flows are found, and which host slots are cached for them.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "engine/flow/flow_table.h"
#include "tests/engine/flow/flow_packets.h"

namespace floodgauge {
namespace {

using namespace testing;

TEST(KnownFlow, IsFoundFromItsSecondPacketInAWindowOn) {
  FlowTable table(64, kIdle);
  FlowTable::Handle handle;
  EXPECT_FALSE(find_known(table, 1, 0, handle));
  FlowLookup lookup;
  FlowTable::cache_host_slots(table.count_packet(from_client(1), 0, lookup),
                              {.lower = 3, .upper = 5});
  ASSERT_TRUE(find_known(table, 1, 0, handle));
  EXPECT_EQ(FlowTable::cached_host_slots(handle).one, 3u);
  EXPECT_EQ(FlowTable::cached_host_slots(handle).other, 5u);
  EXPECT_FALSE(FlowTable::other_side_sent(handle, true));
  EXPECT_TRUE(FlowTable::other_side_sent(handle, false));
  EXPECT_FALSE(find_known(table, 2, 0, handle));
  EXPECT_FALSE(find_known(table, 1, 1, handle)) << "host slots of earlier windows are not accepted";
  table.count_packet(from_client(1), 1);
  ASSERT_TRUE(find_known(table, 1, 1, handle));
  EXPECT_EQ(FlowTable::cached_host_slots(handle).one, FlowHostSlots::kUnknown);
}

TEST(KnownFlow, TheEndThatAloneIsProtectedIsCached) {
  FlowTable table(64, kIdle);
  FlowLookup lookup;
  const FlowTable::Handle handle = table.count_packet(from_client(1), 0, lookup);
  EXPECT_FALSE(FlowTable::cached_host_slots(handle).has_one_protected_end()) << "nothing is cached";
  FlowTable::cache_host_slots(handle, {.lower = 7, .upper = FlowHostSlots::kNone});
  const CachedHostSlots lower = FlowTable::cached_host_slots(handle);
  EXPECT_EQ(lower.one, 7u);
  EXPECT_TRUE(lower.has_one_protected_end());
  EXPECT_TRUE(lower.from_protected_end(false));
  EXPECT_FALSE(lower.from_protected_end(true));
  FlowTable::cache_host_slots(handle, {.lower = FlowHostSlots::kNone, .upper = 9});
  const CachedHostSlots upper = FlowTable::cached_host_slots(handle);
  EXPECT_EQ(upper.one, 9u);
  EXPECT_TRUE(upper.has_one_protected_end());
  EXPECT_TRUE(upper.from_protected_end(true));
  EXPECT_FALSE(upper.from_protected_end(false));
  for (const std::uint32_t slot : {std::uint32_t{0}, FlowHostSlots::kSlotLimit - 1}) {
    FlowTable::cache_host_slots(handle, {.lower = slot, .upper = slot});
    const CachedHostSlots both = FlowTable::cached_host_slots(handle);
    EXPECT_FALSE(both.has_one_protected_end());
    EXPECT_EQ(both.one, slot);
    EXPECT_EQ(both.other, slot);
  }
  FlowTable::cache_host_slots(handle,
                              {.lower = FlowHostSlots::kUnknown, .upper = FlowHostSlots::kNone});
  EXPECT_GE(FlowTable::cached_host_slots(handle).one, FlowHostSlots::kSlotLimit) << "not a slot";
}

/// Counts three packets of flow 1. `variant`, 0..511, chooses the side and the kind of each.
FlowTable::Handle play(FlowTable& table, unsigned variant, FlowLookup& last) {
  static constexpr std::array<std::uint8_t, 4> kFlags = {2, 18, 16, 24};
  FlowTable::Handle handle;
  for (int packet = 0; packet < 3; ++packet, variant /= 8) {
    const std::uint8_t flags = kFlags[variant % 4];
    const bool payload = flags == 24;
    handle = table.count_packet(
        variant % 8 < 4 ? from_client(1, flags, payload) : from_server(1, flags, payload), 0, last);
  }
  return handle;
}

TEST(KnownFlow, AnOrdinaryPacketIsOneWithoutAnEventInAnAnsweredFlow) {
  int ordinary_ones = 0;
  for (unsigned variant = 0; variant < 512; ++variant) {
    for (const bool client : {false, true}) {
      for (const bool payload : {false, true}) {
        FlowTable short_way(64, kIdle);
        FlowTable reference(64, kIdle);
        FlowLookup before;
        const FlowTable::Handle handle = play(short_way, variant, before);
        play(reference, variant, before);
        const bool answered = (before.state & (kLowerSent | kUpperSent)) == 3;
        const FlowPacket packet =
            client ? from_client(1, 16, payload) : from_server(1, 16, payload);
        const bool eventful = reference.count_packet(packet, 0).eventful;
        bool first = true;
        const bool ordinary = FlowTable::count_ordinary_packet(
            handle, {.from_upper = client, .payload = payload}, 0, first);
        EXPECT_EQ(ordinary, answered && !eventful) << variant << client << payload;
        EXPECT_EQ(ordinary, !first) << "the flow was seen in this window before";
        ordinary_ones += ordinary;
      }
    }
  }
  EXPECT_GT(ordinary_ones, 100);
}

TEST(KnownFlow, IsFoundIfItsHostSlotsAreStillAccepted) {
  FlowTable table(64, kIdle);
  FlowTable::Handle handle;
  FlowLookup lookup;
  constexpr std::uint16_t kLast = 65534;  // so that generations wrap around
  FlowTable::cache_host_slots(table.count_packet(from_client(1), kLast, lookup), {.lower = 3});
  table.set_cached_slot_max_age(3, kLast);
  const auto later = [](unsigned windows) { return static_cast<std::uint16_t>(kLast + windows); };
  for (const unsigned windows : {0u, 1u, 3u}) {
    ASSERT_TRUE(find_known(table, 1, later(windows), handle)) << windows;
    EXPECT_EQ(FlowTable::seen_in_window(handle, later(windows)), windows == 0);
    EXPECT_EQ(FlowTable::cached_host_slots(handle).one, 3u);
  }
  EXPECT_FALSE(find_known(table, 1, later(4), handle));
  table.set_cached_slot_max_age(1u << 20, kLast);
  EXPECT_TRUE(find_known(table, 1, later(kIdle), handle));
  EXPECT_FALSE(find_known(table, 1, later(kIdle + 1), handle)) << "idle for too long";
}

TEST(KnownFlow, AnOrdinaryPacketReportsWhetherItIsTheFirstInItsWindow) {
  FlowTable table(64, kIdle);
  FlowTable::Handle handle;
  bool first = true;
  table.count_packet(from_client(1), 0);
  table.set_cached_slot_max_age(kIdle, 0);
  ASSERT_TRUE(find_known(table, 1, 1, handle));
  EXPECT_FALSE(FlowTable::count_ordinary_packet(handle, {}, 1, first)) << "nobody answered";
  table.count_packet(from_server(1), 1);
  ASSERT_TRUE(find_known(table, 1, 2, handle));
  ASSERT_TRUE(FlowTable::count_ordinary_packet(handle, {}, 2, first));
  EXPECT_TRUE(first);
  ASSERT_TRUE(FlowTable::count_ordinary_packet(handle, {.from_upper = true}, 2, first));
  EXPECT_FALSE(first);
  const FlowLookup lookup = table.count_packet(from_client(1), 2);
  EXPECT_FALSE(lookup.first_in_window);
  EXPECT_EQ(lookup.packets, 3u) << "packets of the fast path are not counted";
}

TEST(KnownFlow, EveryFlowOfAFullTableIsFound) {
  constexpr std::uint32_t kFlows = 4096;
  FlowTable table(kFlows, kIdle);
  for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
    FlowLookup lookup;
    FlowTable::cache_host_slots(table.count_packet(from_client(flow), 0, lookup), {.lower = flow});
  }
  for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
    FlowTable::Handle handle;
    ASSERT_TRUE(find_known(table, flow, 0, handle)) << flow;
    EXPECT_EQ(FlowTable::cached_host_slots(handle).one, flow);
  }
}

TEST(KnownFlow, NoHostSlotsAreCachedInAnEntryThatAnotherFlowTook) {
  constexpr std::uint64_t kOld = 128;
  constexpr std::uint64_t kAll = 2000;
  FlowTable table(64, kIdle);
  std::vector<FlowTable::Handle> handles(kOld);
  FlowLookup lookup;
  for (std::uint64_t flow = 0; flow < kAll; ++flow) {
    const FlowTable::Handle handle = table.count_packet(from_client(flow), 0, lookup);
    if (flow < kOld) handles[flow] = handle;
  }
  FlowTable::Handle handle;
  int evicted = 0;
  for (std::uint64_t flow = 0; flow < kOld; ++flow) {
    if (find_known(table, flow, 0, handle)) continue;
    ++evicted;
    FlowTable::cache_host_slots(handles[flow], {.lower = 1, .upper = 2});
  }
  EXPECT_GT(evicted, 0);
  for (std::uint64_t flow = 0; flow < kAll; ++flow) {
    if (find_known(table, flow, 0, handle)) {
      EXPECT_EQ(FlowTable::cached_host_slots(handle).one, FlowHostSlots::kUnknown);
    }
  }
}

}  // namespace
}  // namespace floodgauge
