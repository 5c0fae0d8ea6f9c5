#include "engine/count/known_flow_path.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::Engine;
using testing::kAck;
using testing::kClient;
using testing::kPsh;
using testing::kRoomForAll;
using testing::kServer;
using testing::kSyn;
using testing::parsed_burst;
using testing::Paths;
using testing::protecting;
using testing::random_packet;
using testing::tcp;
using testing::udp;

/// The fast path must count the same as all stages together.
void expect_fast_path_counts_the_same(const Settings& settings, const WindowCapacity& capacity) {
  std::mt19937 random(7);
  Engine whole(settings, capacity);
  Engine fast(settings, capacity);
  whole.fast_path = false;
  // The protected prefixes change now and then, between windows.
  const Settings others[] = {settings, protecting({"198.51.100.8/29", "2001:db8:1::/48"}),
                             protecting({"203.0.113.0/24", "198.51.100.0/24"})};
  for (int window = 0; window < 120; ++window) {
    const Settings& other = others[random() % std::size(others)];
    if (random() % 16 == 0) {
      whole.protect(other);
      fast.protect(other);
    }
    const int bursts = window % 3 == 0 ? 1 : 20;  // few hosts in some windows
    for (int burst = 0; burst < bursts; ++burst) {
      std::vector<Bytes> frames(1 + random() % kBurst);
      for (Bytes& frame : frames) frame = random_packet(random);
      for (const Bytes& frame : frames) whole.see(frame, window * 100);
      fast.see_burst(frames, window * 100);
    }
    ASSERT_EQ(fast.everything(), whole.everything()) << "window " << window;
    whole.next_window();
    fast.next_window();
  }
}

TEST(KnownFlowPath, CountsAsAllStagesTogetherWould) {
  expect_fast_path_counts_the_same(protecting({"198.51.100.0/24", "2001:db8:1::/48"}), kRoomForAll);
}
TEST(KnownFlowPath, CountsTheSameWhenEverythingIsProtected) {
  expect_fast_path_counts_the_same({}, kRoomForAll);
}
TEST(KnownFlowPath, CountsTheSameWhenHostsLoseTheirSlots) {
  expect_fast_path_counts_the_same({}, Engine::kSmall);
}
TEST(KnownFlowPath, CountsTheSameWhenHostsFindNoRoom) {
  expect_fast_path_counts_the_same(
      {}, {.hosts = 4, .prefixes = 8, .log_entries = 4096, .details = 4, .more_cells = 4});
}

/// Paths with an answered UDP flow and an answered TCP connection in the window.
class KnownFlows {
 public:
  KnownFlows() : paths(protecting({"198.51.100.0/24"})) {
    paths.count(std::array{udp(kClient, kServer), udp(kServer, kClient, 9000, 40000),
                           tcp(kClient, kServer, kSyn), tcp(kServer, kClient, kSyn | kAck),
                           tcp(kClient, kServer, kAck)});
  }
  /// A burst of one packet after the fast path.
  std::unique_ptr<Burst> after_fast_path(const Bytes& frame, std::uint64_t window_index = 0) {
    std::unique_ptr<Burst> burst = parsed_burst({&frame, 1});
    paths.flow_stage.hash_known_addresses(*burst, false);
    paths.known_flow_path.count(*burst, *paths.protection, window_index, *paths.window);
    return burst;
  }
  const HostRecord& server() const { return paths.window->host(0); }
  std::uint64_t packets() const { return server().inbound().packets; }

  Paths paths;
};

TEST(KnownFlowPath, LeavesPacketsOfUnknownFlowsAsTheyAre) {
  KnownFlows known;
  const auto burst = known.after_fast_path(udp("192.0.2.2", kServer));
  EXPECT_EQ(burst->remaining, 1u);
  EXPECT_EQ(burst->known, 0u);
  EXPECT_EQ(known.packets(), 3u);
}

TEST(KnownFlowPath, CountsAnOrdinaryPacketAndRemovesItFromTheBurst) {
  KnownFlows known;
  const Bytes ordinary[] = {udp(kClient, kServer), tcp(kClient, kServer, kAck)};
  for (const Bytes& frame : ordinary) EXPECT_EQ(known.after_fast_path(frame)->remaining, 0u);
  EXPECT_EQ(known.packets(), 5u);
  const std::uint32_t answers = known.server().events().answers;
  EXPECT_EQ(known.after_fast_path(udp(kServer, kClient, 9000, 40000))->remaining, 0u);
  EXPECT_EQ(known.server().events().answers, answers + 1);
}

TEST(KnownFlowPath, PreparesOtherPacketsOfKnownFlowsForTheLaterStages) {
  KnownFlows known;
  const auto burst = known.after_fast_path(tcp(kClient, kServer, kAck | kPsh, "GET / HTTP/1.1"));
  EXPECT_EQ(burst->remaining, 1u);
  EXPECT_EQ(burst->known, 1u);
  EXPECT_EQ(burst->targets[0].in, 0u);
  EXPECT_EQ(burst->targets[0].out, kNoPrefix);
  EXPECT_EQ(burst->records[0].in, &known.server());
  EXPECT_EQ(burst->records[0].out, nullptr);
  EXPECT_TRUE(burst->lookups[0].first_payload);
  EXPECT_EQ(known.packets(), 3u) << "the last stage counts it";
}

TEST(KnownFlowPath, TrustsNoCachedSlotAfterAChangeOfTheProtection) {
  KnownFlows known;
  known.paths.protect(protecting({"198.51.100.0/24"}));
  EXPECT_EQ(known.after_fast_path(udp(kClient, kServer), 1)->remaining, 1u);
  EXPECT_EQ(known.packets(), 3u);
}

}  // namespace
}  // namespace floodgauge
