#include "engine/port/idle_wait.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <vector>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "engine/port/eal.h"
#include "engine/port/rx_queue.h"

namespace floodgauge {
namespace {

constexpr std::int64_t kMicrosecond = 1000;

const PortEalOptions kQuietly{
    .pci_devices = {},
    .user_arguments = {"--no-huge", "--no-shconf", "-m", "64", "--log-level", "*:error"}};

/// DPDK starts once in a process; without it there are no pools.
class EalEnvironment : public testing::Environment {
 public:
  void SetUp() override { eal_.emplace(start_eal_for_ports(kQuietly)); }
  void TearDown() override { eal_.reset(); }

 private:
  std::optional<Eal> eal_;
};
[[maybe_unused]] const auto* const kEal = testing::AddGlobalTestEnvironment(new EalEnvironment);

TEST(Eal, StartsOnlyOnce) {
  EXPECT_THROW(start_eal_for_ports(kQuietly), std::runtime_error);
}

TEST(IdleWait, NapsForNoMoreThanHalfOfWhatTheDescriptorsHoldAtLineRate) {
  struct Case {
    const char* what;
    unsigned descriptors;
    std::uint32_t megabits;
    std::int64_t microseconds;
  };
  for (const Case& one : {
           Case{"10 Gbit/s fill 1024 in 69 us", 1024, 10'000, 34},
           Case{"a speed that nobody knows is taken for 10 Gbit/s", 1024, 0, 34},
           Case{"so is one that a device does not tell", 1024, 0xffffffff, 34},
           Case{"25 Gbit/s fill 1024 in 28 us: no time to sleep", 1024, 25'000, 0},
           Case{"25 Gbit/s fill 4096 in 110 us", 4096, 25'000, 55},
           Case{"100 Gbit/s fill 4096 in 28 us", 4096, 100'000, 0},
           Case{"however slow the link, no longer than a millisecond", 4096, 100, 1000},
       }) {
    EXPECT_EQ(longest_nap(one.descriptors, one.megabits).count / kMicrosecond, one.microseconds)
        << one.what;
  }
}

TEST(IdleWait, NapsGrowToTheLongest) {
  const Nanoseconds longest{100 * kMicrosecond};
  std::vector<std::int64_t> naps;
  for (unsigned n = 0; n < 5; ++n) naps.push_back(nap_length(n, longest).count / kMicrosecond);
  EXPECT_EQ(naps, (std::vector<std::int64_t>{20, 40, 80, 100, 100}));
  EXPECT_EQ(nap_length(4'000'000'000u, longest), longest);
}

bool rings(const SoftwareRss& rss, unsigned worker) {
  pollfd bell{.fd = rss.wakeup_fd(worker), .events = POLLIN, .revents = 0};
  return poll(&bell, 1, 0) == 1;
}

TEST(SoftwareRss, RingsForAWorkerThatAskedForItWithTheNextPacketsAndOnlyOnce) {
  rte_mempool* const pool = rte_pktmbuf_pool_create("bell", 1023, 0, 0, 2176, SOCKET_ID_ANY);
  ASSERT_NE(pool, nullptr);
  {
    SoftwareRss rss(2);
    const auto hand_over = [&] {
      // With the card's hash, half of all packets are the other worker's.
      rte_mbuf* burst[kBurst];
      ASSERT_EQ(rte_pktmbuf_alloc_bulk(pool, burst, kBurst), 0);
      for (unsigned i = 0; i < kBurst; ++i) {
        burst[i]->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
        burst[i]->hash.rss = i << 27;
      }
      std::uint64_t lost = 0;
      std::array<Nanoseconds, kBurst> times;
      for (unsigned i = 0; i < kBurst; ++i) times[i] = {i};
      const std::uint16_t own = rss.spread(0, burst, times, true, lost);
      EXPECT_GT(own, 0u);
      EXPECT_LT(own, kBurst);
      for (unsigned i = 0; i < own; ++i) {
        EXPECT_EQ(times[i].count, burst[i]->hash.rss >> 27) << "its time has stayed with it";
      }
      EXPECT_EQ(lost, 0u);
      rte_pktmbuf_free_bulk(burst, own);
    };
    hand_over();
    EXPECT_FALSE(rings(rss, 1)) << "nobody asked";
    rss.request_wakeup(1);
    EXPECT_FALSE(rings(rss, 1)) << "for what was there before";
    hand_over();
    EXPECT_TRUE(rings(rss, 1));
    EXPECT_FALSE(rings(rss, 0));
    rss.clear_wakeup(1);
    EXPECT_FALSE(rings(rss, 1));
    hand_over();
    EXPECT_FALSE(rings(rss, 1)) << "it asked for one";
  }
  EXPECT_EQ(rte_mempool_avail_count(pool), 1023u) << "what nobody took is given back";
  rte_mempool_free(pool);
}

}  // namespace
}  // namespace floodgauge
