#include "engine/flow/single_packet_flows.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>

#include "engine/base/keyed_hash.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

std::uint64_t hash_of_number(std::uint64_t number) {
  return hash_of(number, kKey);
}

TEST(SinglePacketFlows, ReturnsANoteOnce) {
  SinglePacketFlows single_packet_flows(1000, 150);
  for (SinglePacketFlows::Note note = 0; note < 16; ++note) {
    EXPECT_TRUE(single_packet_flows.insert(hash_of_number(note), note, 65530));
  }
  EXPECT_EQ(single_packet_flows.size(), 16u);
  for (SinglePacketFlows::Note note = 0; note < 16; ++note) {
    const SinglePacketFlows::FirstPacket first = single_packet_flows.take(hash_of_number(note), 3);
    EXPECT_TRUE(first.found);
    EXPECT_EQ(first.note, note);
    EXPECT_EQ(first.generation, 65530);
    EXPECT_FALSE(single_packet_flows.take(hash_of_number(note), 3).found);
  }
  EXPECT_EQ(single_packet_flows.size(), 0u);
}

TEST(SinglePacketFlows, ReplacesTheOldestOfABucket) {
  constexpr std::uint64_t kWays = 12;
  SinglePacketFlows single_packet_flows(kWays, 150);
  for (std::uint64_t i = 0; i < kWays; ++i)
    EXPECT_TRUE(single_packet_flows.insert(hash_of_number(i), 1, 1));
  EXPECT_FALSE(single_packet_flows.insert(hash_of_number(kWays), 1, 2));
  EXPECT_EQ(single_packet_flows.size(), kWays);
  EXPECT_FALSE(single_packet_flows.take(hash_of_number(0), 2).found);
  for (std::uint64_t i = 1; i <= kWays; ++i) {
    EXPECT_TRUE(single_packet_flows.take(hash_of_number(i), 2).found);
  }
  EXPECT_TRUE(single_packet_flows.insert(hash_of_number(16), 1, 2)) << "there is room again";
}

// All flows are of the same bucket and differ in their tags alone.
TEST(SinglePacketFlows, HardlyMistakesAFlowForAnother) {
  SinglePacketFlows single_packet_flows(1, 150);
  std::uint32_t taken = 0;
  for (std::uint64_t i = 0; i < 12; ++i) single_packet_flows.insert(hash_of_number(i), 1, 1);
  for (std::uint64_t i = 100; i < 400'000; ++i)
    taken += single_packet_flows.take(hash_of_number(i), 1).found;
  EXPECT_EQ(taken, 0u);
}

TEST(SinglePacketFlows, ForgetsAfterTheIdleTimeHoweverWindowsPass) {
  constexpr std::uint16_t kIdle = 150;
  for (const std::uint16_t step :
       std::initializer_list<std::uint16_t>{1, 3, 63, 64, 65, 200, 256, 300, 40'000}) {
    SCOPED_TRACE(step);
    SinglePacketFlows single_packet_flows(4096, kIdle);
    for (std::uint64_t i = 0; i < 1000; ++i) single_packet_flows.insert(hash_of_number(i), 1, 0);
    for (std::uint32_t tick = step; tick < 300u + step; tick += step) {
      single_packet_flows.expire(static_cast<std::uint16_t>(tick), step);
    }
    EXPECT_EQ(single_packet_flows.size(), 0u);
  }
  for (const std::uint16_t passed : std::initializer_list<std::uint16_t>{1, 64, 65, kIdle}) {
    SinglePacketFlows single_packet_flows(4096, kIdle);
    for (std::uint64_t i = 0; i < 1000; ++i) single_packet_flows.insert(hash_of_number(i), 1, 0);
    single_packet_flows.expire(passed, passed);
    EXPECT_EQ(single_packet_flows.size(), 1000u) << passed << " windows are too few";
  }
  SinglePacketFlows single_packet_flows(4096, kIdle);
  for (std::uint64_t i = 0; i < 1000; ++i) single_packet_flows.insert(hash_of_number(i), 1, 0);
  for (std::uint16_t tick = 1; tick <= kIdle; ++tick) single_packet_flows.expire(tick, 1);
  EXPECT_EQ(single_packet_flows.size(), 1000u) << "none of them too early";
  std::uint32_t found = 0;
  for (std::uint64_t i = 0; i < 1000; ++i)
    found += single_packet_flows.take(hash_of_number(i), kIdle + 1).found;
  EXPECT_EQ(found, 0u);
}

}  // namespace
}  // namespace floodgauge
