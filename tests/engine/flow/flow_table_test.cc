#include "engine/flow/flow_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <tuple>
#include <vector>

#include "engine/base/keyed_hash.h"

namespace floodgauge {
namespace {

constexpr std::uint8_t kSyn = 2;
constexpr std::uint8_t kRst = 4;
constexpr std::uint8_t kAck = 16;
constexpr std::uint16_t kIdle = 800;

const HashKey kKey = key_from_seed(1);

std::uint64_t hash_of_flow(std::uint64_t number) {
  return hash_of(number, kKey);
}

FlowPacket from_client(std::uint64_t flow, std::uint8_t flags = 0, bool payload = false) {
  return {.hash = hash_of_flow(flow),
          .from_upper = true,
          .payload = payload,
          .tcp = flags != 0,
          .tcp_flags = flags};
}
FlowPacket from_server(std::uint64_t flow, std::uint8_t flags = 0, bool payload = false) {
  FlowPacket packet = from_client(flow, flags, payload);
  packet.from_upper = false;
  return packet;
}

TEST(FlowTable, AFlowIsNewOnceAndCountsOnFromThere) {
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

/// Looks wherever an entry may be.
bool met(FlowTable& table, std::uint64_t flow, std::uint16_t generation,
         FlowTable::Handle& handle) {
  bool absent = false;
  if (table.find_known(hash_of_flow(flow), generation, handle, absent)) return true;
  return absent && table.may_be_displaced(hash_of_flow(flow)) &&
         table.find_known_displaced(hash_of_flow(flow), generation, handle);
}

TEST(FlowTable, AFlowIsMetFromItsSecondPacketInAWindow) {
  FlowTable table(64, kIdle);
  FlowTable::Handle handle;
  EXPECT_FALSE(met(table, 1, 0, handle));
  FlowLookup lookup;
  FlowTable::cache_host_slots(table.count_packet(from_client(1), 0, lookup),
                              {.lower = 3, .upper = 5});
  ASSERT_TRUE(met(table, 1, 0, handle));
  EXPECT_EQ(FlowTable::cached_host_slots(handle).one, 3u);
  EXPECT_EQ(FlowTable::cached_host_slots(handle).other, 5u);
  EXPECT_FALSE(FlowTable::other_side_sent(handle, true));
  EXPECT_TRUE(FlowTable::other_side_sent(handle, false));
  EXPECT_FALSE(met(table, 2, 0, handle));
  EXPECT_FALSE(met(table, 1, 1, handle)) << "no window back may be recalled";
  table.count_packet(from_client(1), 1);
  ASSERT_TRUE(met(table, 1, 1, handle));
  EXPECT_EQ(FlowTable::cached_host_slots(handle).one, FlowHostSlots::kUnknown);
}

TEST(FlowTable, WhichEndIsAloneIsKept) {
  FlowTable table(64, kIdle);
  FlowLookup lookup;
  const FlowTable::Handle handle = table.count_packet(from_client(1), 0, lookup);
  EXPECT_FALSE(FlowTable::cached_host_slots(handle).has_one_protected_end()) << "nothing is known";
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
  for (const std::uint32_t place : {std::uint32_t{0}, FlowHostSlots::kSlotLimit - 1}) {
    FlowTable::cache_host_slots(handle, {.lower = place, .upper = place});
    const CachedHostSlots both = FlowTable::cached_host_slots(handle);
    EXPECT_FALSE(both.has_one_protected_end());
    EXPECT_EQ(both.one, place);
    EXPECT_EQ(both.other, place);
  }
  FlowTable::cache_host_slots(handle,
                              {.lower = FlowHostSlots::kUnknown, .upper = FlowHostSlots::kNone});
  EXPECT_GE(FlowTable::cached_host_slots(handle).one, FlowHostSlots::kSlotLimit) << "no place";
}

/// A flow of three packets, of either side and kind each, by `way` of 512.
FlowTable::Handle play(FlowTable& table, unsigned way, FlowLookup& last) {
  static constexpr std::array<std::uint8_t, 4> kFlags = {2, 18, 16, 24};
  FlowTable::Handle handle;
  for (int packet = 0; packet < 3; ++packet, way /= 8) {
    const std::uint8_t flags = kFlags[way % 4];
    const bool payload = flags == 24;
    handle = table.count_packet(
        way % 8 < 4 ? from_client(1, flags, payload) : from_server(1, flags, payload), 0, last);
  }
  return handle;
}

TEST(FlowTable, OrdinaryIsWhatHasNothingToTell) {
  int ordinary_ones = 0;
  for (unsigned way = 0; way < 512; ++way) {
    for (const bool client : {false, true}) {
      for (const bool payload : {false, true}) {
        FlowTable asked(64, kIdle);
        FlowTable told(64, kIdle);
        FlowLookup before;
        const FlowTable::Handle handle = play(asked, way, before);
        play(told, way, before);
        const bool answered = (before.state & (kLowerSpoke | kUpperSpoke)) == 3;
        const FlowPacket packet =
            client ? from_client(1, 16, payload) : from_server(1, 16, payload);
        const bool telling = told.count_packet(packet, 0).eventful;
        bool first = true;
        const bool ordinary = FlowTable::count_ordinary_packet(handle, client, payload, 0, first);
        EXPECT_EQ(ordinary, answered && !telling) << way << client << payload;
        EXPECT_EQ(ordinary, !first) << "the flow has been in the window";
        ordinary_ones += ordinary;
      }
    }
  }
  EXPECT_GT(ordinary_ones, 100);
}

TEST(FlowTable, AFlowIsMetInWindowsThatMayBeRecalled) {
  FlowTable table(64, kIdle);
  FlowTable::Handle handle;
  FlowLookup lookup;
  constexpr std::uint16_t kLast = 65534;  // windows' numbers go round
  FlowTable::cache_host_slots(table.count_packet(from_client(1), kLast, lookup), {.lower = 3});
  table.set_cached_slot_max_age(3);
  const auto later = [](unsigned windows) { return static_cast<std::uint16_t>(kLast + windows); };
  for (const unsigned windows : {0u, 1u, 3u}) {
    ASSERT_TRUE(met(table, 1, later(windows), handle)) << windows;
    EXPECT_EQ(FlowTable::seen_in_window(handle, later(windows)), windows == 0);
    EXPECT_EQ(FlowTable::cached_host_slots(handle).one, 3u);
  }
  EXPECT_FALSE(met(table, 1, later(4), handle));
  table.set_cached_slot_max_age(1u << 20);
  EXPECT_TRUE(met(table, 1, later(kIdle), handle));
  EXPECT_FALSE(met(table, 1, later(kIdle + 1), handle)) << "idle for too long";
}

TEST(FlowTable, AnOrdinaryPacketTellsWhetherItIsTheFirstInItsWindow) {
  FlowTable table(64, kIdle);
  FlowTable::Handle handle;
  bool first = true;
  table.count_packet(from_client(1), 0);
  table.set_cached_slot_max_age(kIdle);
  ASSERT_TRUE(met(table, 1, 1, handle));
  EXPECT_FALSE(FlowTable::count_ordinary_packet(handle, false, false, 1, first))
      << "nobody answered";
  table.count_packet(from_server(1), 1);
  ASSERT_TRUE(met(table, 1, 2, handle));
  ASSERT_TRUE(FlowTable::count_ordinary_packet(handle, false, false, 2, first));
  EXPECT_TRUE(first);
  ASSERT_TRUE(FlowTable::count_ordinary_packet(handle, true, false, 2, first));
  EXPECT_FALSE(first);
  const FlowLookup lookup = table.count_packet(from_client(1), 2);
  EXPECT_FALSE(lookup.first_in_window);
  EXPECT_EQ(lookup.packets, 5u);
}

TEST(FlowTable, EveryFlowOfAFullTableIsMet) {
  constexpr std::uint32_t kFlows = 4096;
  FlowTable table(kFlows, kIdle);
  for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
    FlowLookup lookup;
    FlowTable::cache_host_slots(table.count_packet(from_client(flow), 0, lookup), {.lower = flow});
  }
  for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
    FlowTable::Handle handle;
    ASSERT_TRUE(met(table, flow, 0, handle)) << flow;
    EXPECT_EQ(FlowTable::cached_host_slots(handle).one, flow);
  }
}

TEST(FlowTable, NotesNoEndsWhereAnotherFlowTookThePlace) {
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
    if (met(table, flow, 0, handle)) continue;
    ++evicted;
    FlowTable::cache_host_slots(handles[flow], {.lower = 1, .upper = 2});
  }
  EXPECT_GT(evicted, 0);
  for (std::uint64_t flow = 0; flow < kAll; ++flow) {
    if (met(table, flow, 0, handle)) {
      EXPECT_EQ(FlowTable::cached_host_slots(handle).one, FlowHostSlots::kUnknown);
    }
  }
}

TEST(FlowTable, FirstInWindowIsSaidOnceAWindow) {
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
  bool answered, completed, progressed, first_payload;  // what the packet is told to be
};
struct HandshakeCase {
  const char* sentence;
  std::vector<Step> steps;
};

TEST(FlowTable, TellsTheEventsOfAHandshakeOnceEach) {
  constexpr bool kClient = true;
  constexpr bool kServer = false;
  const HandshakeCase cases[] = {
      {"a whole handshake with a request",
       {{kClient, kSyn, false, false, false, false, false},
        {kServer, kSyn | kAck, false, true, false, false, false},
        {kClient, kAck, false, false, true, false, false},
        {kClient, kAck, true, false, false, false, true},
        {kClient, kAck, true, false, false, false, false}}},
      {"a SYN-ACK sent again answers nothing anew",
       {{kClient, kSyn, false, false, false, false, false},
        {kServer, kSyn | kAck, false, true, false, false, false},
        {kServer, kSyn | kAck, false, false, false, false, false}}},
      {"a SYN-ACK that nobody asked for answers no SYN",
       {{kServer, kSyn | kAck, false, false, false, false, false}}},
      {"only the client's side is visible: it goes on after its SYN, so it was answered",
       {{kClient, kSyn, false, false, false, false, false},
        {kClient, kAck, false, false, false, true, false},
        {kClient, kAck, true, false, false, false, true}}},
      {"SYNs sent again complete nothing",
       {{kClient, kSyn, false, false, false, false, false},
        {kClient, kSyn, false, false, false, false, false}}},
      {"a RST with ACK after the SYN-ACK is no completion",
       {{kClient, kSyn, false, false, false, false, false},
        {kServer, kSyn | kAck, false, true, false, false, false},
        {kClient, kRst | kAck, false, false, false, false, false}}},
      {"an ACK out of nowhere completes nothing",
       {{kClient, kAck, false, false, false, false, false}}},
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

TEST(FlowTable, AServersFirstPayloadIsNotTheBeginners) {
  FlowTable table(64, kIdle);
  table.count_packet(from_client(1, kSyn), 0);
  EXPECT_FALSE(table.count_packet(from_server(1, kAck, true), 0).first_payload);
  EXPECT_TRUE(table.count_packet(from_client(1, kAck, true), 0).first_payload);
}

TEST(FlowTable, AnIdleFlowBeginsAnewAfterItsTime) {
  struct Case {
    const char* sentence;
    bool answered;
    std::uint16_t age;
    bool begins_anew;
  };
  const Case cases[] = {
      {"answered, as old as it may be", true, kIdle, false},
      {"answered, a window older", true, kIdle + 1, true},
      {"one-sided, an eighth of that", false, kIdle / 8, false},
      {"one-sided, a window older", false, kIdle / 8 + 1, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.sentence);
    FlowTable table(64, kIdle);
    const std::uint16_t then = 65000;  // so that the tick wraps meanwhile
    table.count_packet(from_client(1), then);
    if (c.answered) table.count_packet(from_server(1), then);
    const auto now = static_cast<std::uint16_t>(then + c.age);
    const FlowLookup seen = table.count_packet(from_client(1), now);
    EXPECT_EQ(seen.new_flow, c.begins_anew);
    EXPECT_EQ(seen.packets, c.begins_anew ? 1u : (c.answered ? 3u : 2u));
    EXPECT_EQ(table.entries(), 1u) << "its place is used again";
  }
}

TEST(FlowTable, FilledToItsCapacityItEvictsNothingAndFindsAll) {
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

TEST(FlowTable, BeyondItsCapacityItEvictsCountsAndNeverGrows) {
  constexpr std::uint32_t kFlows = 4096;
  FlowTable table(kFlows, kIdle);
  const std::size_t memory = table.memory_bytes();
  for (std::uint32_t i = 0; i < 10 * kFlows; ++i) {
    EXPECT_TRUE(table.count_packet(from_client(i), 0).new_flow);
  }
  // Twice the configured flows have room; every flow is in the table or was evicted.
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

TEST(FlowTable, HasRoomAgainWhenAFloodsFlowsAreForgotten) {
  constexpr std::uint32_t kFlows = 4096;
  FlowTable table(kFlows, kIdle);
  for (std::uint32_t i = 0; i < 10 * kFlows; ++i) table.count_packet(from_client(i), 0);
  const std::uint64_t evicted = table.evictions();
  const std::uint16_t later = kIdle / 8 + 1;
  for (std::uint32_t i = 0; i < kFlows; ++i) {
    // In a crowd a flow takes up room from its second packet on.
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

// --- in a crowd of new connections ---

/// A table with more one-sided flows than it was made for, of which all came in one window.
struct CrowdedTable {
  static constexpr std::uint32_t kFlows = 4096;
  static constexpr std::uint16_t kNow = 2;  ///< the window to go on with

  FlowTable table{kFlows, kIdle};

  CrowdedTable() {
    for (std::uint32_t i = 0; i < kFlows * 5 / 4; ++i)
      table.count_packet(from_client(1000000 + i), kNow - 1);
    table.count_packet(from_client(1000000), kNow);
    evicted = table.evictions();
  }
  std::uint64_t evicted = 0;
};

TEST(FlowTable, InACrowdAHandshakeIsToldAsEver) {
  CrowdedTable crowded;
  FlowTable& table = crowded.table;
  for (std::uint64_t flow = 0; flow < 500; ++flow) {
    const FlowLookup syn = table.count_packet(from_client(flow, kSyn), 2);
    EXPECT_TRUE(syn.new_flow && syn.first_in_window && syn.from_initiator && syn.eventful);
    EXPECT_EQ(syn.packets, 1u);
    EXPECT_EQ(syn.state, kUpperSpoke | kUpperBegan | kSynSeen);
  }
  FlowTable::Handle handle;
  EXPECT_FALSE(met(table, 7, 2, handle)) << "has no entry before its second packet";
  for (std::uint64_t flow = 0; flow < 500; ++flow) {
    const FlowLookup answer = table.count_packet(from_server(flow, kSyn | kAck), 4);
    EXPECT_TRUE(answer.answered_syn && answer.other_side_sent && answer.first_in_window);
    EXPECT_FALSE(answer.new_flow || answer.from_initiator);
    EXPECT_EQ(answer.packets, 2u);
    EXPECT_TRUE(met(table, flow, 4, handle));
    EXPECT_TRUE(table.count_packet(from_client(flow, kAck), 4).completed);
  }
  EXPECT_EQ(table.evictions(), crowded.evicted);
}

// However much room there is: what a flood writes to all over a large table drives everything else
// out of the caches.
TEST(FlowTable, IsCrowdedByHowManyComeInAWindow) {
  constexpr std::uint32_t kFlows = 65536;
  FlowTable table(kFlows, kIdle);
  FlowTable::Handle handle;
  const auto has_entry = [&](std::uint32_t flow, std::uint16_t generation) {
    EXPECT_TRUE(table.count_packet(from_client(flow, kSyn), generation).new_flow);
    return met(table, flow, generation, handle);
  };
  for (std::uint32_t i = 0; i < kFlows / 512; ++i) EXPECT_TRUE(has_entry(i, 1));
  EXPECT_TRUE(has_entry(1000, 2)) << "as many as came are no crowd";
  for (std::uint32_t i = 2000; i < 2000 + kFlows / 512; ++i) EXPECT_TRUE(has_entry(i, 2));
  EXPECT_FALSE(has_entry(3000, 3)) << "one more";
  EXPECT_TRUE(has_entry(4000, 4)) << "and over";
}

TEST(FlowTable, InACrowdARepeatedSynIsNoNewFlow) {
  CrowdedTable crowded;
  EXPECT_TRUE(crowded.table.count_packet(from_client(1, kSyn), 2).new_flow);
  const FlowLookup again = crowded.table.count_packet(from_client(1, kSyn), 2);
  EXPECT_FALSE(again.new_flow || again.first_in_window);
  EXPECT_EQ(again.packets, 2u);
  EXPECT_FALSE(crowded.table.count_packet(from_client(1, kSyn), 3).new_flow);
}

TEST(FlowTable, InACrowdASynIsMetAsItWouldBeSeen) {
  CrowdedTable seeing;
  CrowdedTable meeting;
  std::mt19937 random(5);
  unsigned met = 0;
  for (unsigned i = 0; i < 20000; ++i) {
    const auto generation = static_cast<std::uint16_t>(CrowdedTable::kNow + i / 4000);
    const bool up = random() % 4 != 0;
    const bool syn = random() % 4 != 0;
    const std::uint64_t flow = random() % 4000;
    FlowPacket packet =
        up ? from_client(flow, syn ? kSyn : kAck) : from_server(flow, syn ? kSyn : kSyn | kAck);
    packet.payload = random() % 8 == 0;
    const FlowLookup seen = seeing.table.count_packet(packet, generation);
    if (syn && meeting.table.count_first_syn(packet, generation)) {
      ++met;
      EXPECT_TRUE(seen.new_flow && seen.first_in_window && seen.from_initiator && seen.eventful);
      EXPECT_FALSE(seen.other_side_sent || seen.answered_syn || seen.completed || seen.progressed);
      EXPECT_EQ(seen.packets, 1u);
      EXPECT_EQ(seen.first_payload, packet.payload);
    } else {
      const FlowLookup other = meeting.table.count_packet(packet, generation);
      EXPECT_EQ(other.new_flow, seen.new_flow);
      EXPECT_EQ(other.packets, seen.packets);
      EXPECT_EQ(other.state, seen.state);
      EXPECT_EQ(other.first_in_window, seen.first_in_window);
    }
    ASSERT_EQ(meeting.table.entries(), seeing.table.entries());
    ASSERT_EQ(meeting.table.evictions(), seeing.table.evictions());
  }
  EXPECT_GT(met, 1000u);
}

TEST(FlowTable, WithoutACrowdNoSynIsMetButSeen) {
  FlowTable table(65536, kIdle);
  EXPECT_FALSE(table.count_first_syn(from_client(1, kSyn), 1));
  EXPECT_TRUE(table.count_packet(from_client(1, kSyn), 1).new_flow);
}

TEST(FlowTable, InACrowdNothingIsNotedOfAConnectionWithoutAnEntry) {
  CrowdedTable crowded;
  FlowLookup lookup;
  const FlowTable::Handle handle = crowded.table.count_packet(from_client(1, kSyn), 2, lookup);
  FlowTable::cache_host_slots(handle, {.lower = 3, .upper = 4});
  const FlowTable::Handle other = crowded.table.count_packet(from_client(2, kSyn), 2, lookup);
  FlowTable::cache_host_slots(other, {.lower = 5, .upper = 6});
  const FlowTable::Handle answered =
      crowded.table.count_packet(from_server(1, kSyn | kAck), 2, lookup);
  EXPECT_EQ(FlowTable::cached_host_slots(answered).one, FlowHostSlots::kUnknown);
}

TEST(FlowTable, InACrowdNewFlowsTakeNobodysEntry) {
  CrowdedTable crowded;
  constexpr std::uint32_t kMany = 20 * CrowdedTable::kFlows;
  const std::uint8_t flags[] = {kSyn, kAck, kSyn | kAck, kRst};
  std::uint32_t begun = 0;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    FlowPacket packet = from_client(i, flags[i % 4]);
    packet.tcp = i % 5 != 0;
    begun += crowded.table.count_packet(packet, 2).new_flow;
  }
  EXPECT_EQ(begun, kMany);
  std::uint32_t kept = 0;
  constexpr std::uint32_t kBefore = CrowdedTable::kFlows * 5 / 4;
  for (std::uint32_t i = 0; i < kBefore; ++i) {
    kept += !crowded.table.count_packet(from_client(1000000 + i), 2).new_flow;
  }
  EXPECT_EQ(kept, kBefore) << "those met once only gave way to one another";
  EXPECT_EQ(crowded.table.entries() + crowded.table.evictions() - crowded.evicted, kBefore + begun);
}

bool tell_the_same(const FlowLookup& one, const FlowLookup& other) {
  const auto all = [](const FlowLookup& s) {
    return std::tuple(s.packets, s.state, s.new_flow, s.first_in_window, s.other_side_sent,
                      s.from_initiator, s.answered_syn, s.completed, s.progressed, s.first_payload,
                      s.eventful);
  };
  return all(one) == all(other);
}

/// The same packets to a table that is crowded and to one with room for everything.
TEST(FlowTable, ACrowdedTableTellsWhatALargeOneTells) {
  std::mt19937 random(1);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  FlowTable small(16384, kIdle);
  FlowTable large(1 << 20, kIdle);
  std::uint32_t next = 0;
  std::vector<std::uint64_t> open;
  for (std::uint32_t i = 0; i < 17000; ++i) {
    for (FlowTable* table : {&small, &large}) table->count_packet(from_client(1000000 + i), 0);
  }
  std::uint32_t met_once_only = 0;
  for (std::uint16_t generation = 1; generation < 400; ++generation) {
    for (int i = 0; i < 60; ++i) {
      const bool begins = open.empty() || below(2) == 0;
      if (begins) open.push_back(next++);
      const std::uint64_t flow =
          begins ? open.back() : open[below(static_cast<std::uint32_t>(open.size()))];
      const std::uint8_t flags[] = {kSyn, kSyn | kAck, kAck, kRst, 0};
      FlowPacket packet = below(2) == 0 ? from_client(flow) : from_server(flow);
      packet.tcp = flow % 4 != 0;
      packet.tcp_flags = begins && below(3) != 0 ? kSyn : flags[below(5)];
      packet.payload = below(4) == 0;
      const FlowLookup one = small.count_packet(packet, generation);
      const FlowLookup other = large.count_packet(packet, generation);
      ASSERT_TRUE(tell_the_same(one, other)) << "flow " << flow << " in window " << generation;
      FlowTable::Handle handle;
      met_once_only += !met(small, flow, generation, handle);
      if (below(16) == 0)
        open.erase(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(open.size() / 2));
    }
  }
  EXPECT_EQ(small.evictions(), 0u);
  EXPECT_GT(met_once_only, 1000u) << "the crowd is what is tested";
}

/// Sixteen times as large at the end as at first.
TEST(FlowTable, OneThatGrowsTellsWhatOneOfFullSizeTells) {
  constexpr std::uint32_t kFlows = 1 << 16;
  BackgroundPrefault ahead;
  FlowTable growing(kFlows, kIdle, &ahead);
  FlowTable fixed(kFlows, kIdle);
  std::mt19937 random(2);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  std::uint32_t ends_met = 0;
  for (std::uint32_t i = 0; i < 6 * kFlows; ++i) {
    if (i % 32 == 0) growing.grow_if_filled();
    // A new flow, or one of late, or any.
    const std::uint32_t begun = i / 6 + 1;
    const std::uint32_t among = i % 2 == 0 ? begun : std::min(begun, 32u);
    const std::uint32_t flow = i % 6 == 0 ? begun - 1 : begun - 1 - below(among);
    const FlowPacket packet = below(2) == 0 ? from_client(flow, kAck) : from_server(flow, kAck);
    const auto generation =
        static_cast<std::uint16_t>(i / 512);  // so few of them new that it is no crowd
    FlowLookup one;
    const FlowTable::Handle handle = growing.count_packet(packet, generation, one);
    ASSERT_TRUE(tell_the_same(one, fixed.count_packet(packet, generation)))
        << "flow " << flow << ", packet " << i;
    if (!one.first_in_window) {
      ASSERT_EQ(FlowTable::cached_host_slots(handle).one, flow);
      ++ends_met;
    }
    FlowTable::cache_host_slots(handle, {.lower = flow});
  }
  EXPECT_GT(ends_met, kFlows);
  EXPECT_GT(growing.entries(), kFlows * 9 / 10) << "but for those whose time was over";
  EXPECT_EQ(growing.evictions(), 0u);
}

}  // namespace
}  // namespace floodgauge
