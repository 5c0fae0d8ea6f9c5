#include "engine/port/idle_wait.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <bit>
#include <optional>
#include <stdexcept>
#include <vector>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "engine/port/eal.h"
#include "engine/port/rx_queue.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {
namespace {

constexpr std::int64_t kMicrosecond = 1000;

const PortEalOptions kQuietly{
    .pci_devices = {},
    .user_arguments = {"--no-huge", "--no-shconf", "-m", "64", "--log-level", "*:error"}};

/// Starts the EAL, which mbuf pools need, once for all tests.
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

TEST(IdleWait, ANapTakesAtMostHalfTheTimeInWhichDescriptorsFillUp) {
  struct Case {
    const char* what;
    unsigned descriptors;
    std::uint32_t megabits;
    std::int64_t microseconds;
  };
  for (const Case& one : {
           Case{"10 Gbit/s fill 1024 descriptors in 69 us", 1024, 10'000, 34},
           Case{"speed 0 is unknown and taken as 10 Gbit/s", 1024, 0, 34},
           Case{"so is RTE_ETH_SPEED_NUM_UNKNOWN", 1024, 0xffffffff, 34},
           Case{"25 Gbit/s fill 1024 in 28 us: too short for a nap", 1024, 25'000, 0},
           Case{"25 Gbit/s fill 4096 in 110 us", 4096, 25'000, 55},
           Case{"100 Gbit/s fill 4096 in 28 us: too short for a nap", 4096, 100'000, 0},
           Case{"at most a millisecond, however slow the link", 4096, 100, 1000},
       }) {
    EXPECT_EQ(longest_nap(one.descriptors, one.megabits).count / kMicrosecond, one.microseconds)
        << one.what;
  }
}

TEST(IdleWait, NapsDoubleUpToTheLongest) {
  const Nanoseconds longest{100 * kMicrosecond};
  std::vector<std::int64_t> naps;
  for (unsigned n = 0; n < 5; ++n) naps.push_back(nap_length(n, longest).count / kMicrosecond);
  EXPECT_EQ(naps, (std::vector<std::int64_t>{20, 40, 80, 100, 100}));
  EXPECT_EQ(nap_length(4'000'000'000u, longest), longest);
}

bool is_woken(const SoftwareRss& rss, unsigned worker) {
  pollfd wakeup{.fd = rss.wakeup_fd(worker), .events = POLLIN, .revents = 0};
  return poll(&wakeup, 1, 0) == 1;
}

TEST(SoftwareRss, WakesAWorkerOncePerRequest) {
  rte_mempool* const pool = rte_pktmbuf_pool_create("wakeup", 1023, 0, 0, 2176, SOCKET_ID_ANY);
  ASSERT_NE(pool, nullptr);
  {
    SoftwareRss rss(2);
    const auto hand_over = [&] {
      // These hashes give half of all packets to the other worker.
      rte_mbuf* burst[kBurst];
      ASSERT_EQ(rte_pktmbuf_alloc_bulk(pool, burst, kBurst), 0);
      for (unsigned i = 0; i < kBurst; ++i) {
        burst[i]->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
        burst[i]->hash.rss = std::rotl(i << 27, kNicRotation);
      }
      std::uint64_t lost = 0;
      std::array<Nanoseconds, kBurst> times;
      for (unsigned i = 0; i < kBurst; ++i) times[i] = {i};
      const std::uint16_t own = rss.spread(0, burst, times, true, lost);
      EXPECT_GT(own, 0u);
      EXPECT_LT(own, kBurst);
      for (unsigned i = 0; i < own; ++i) {
        EXPECT_EQ(times[i].count, symmetric_rss_of_nic(burst[i]->hash.rss) >> 27)
            << "the time of another packet";
      }
      EXPECT_EQ(lost, 0u);
      rte_pktmbuf_free_bulk(burst, own);
    };
    hand_over();
    EXPECT_FALSE(is_woken(rss, 1)) << "without a request";
    rss.request_wakeup(1);
    EXPECT_FALSE(is_woken(rss, 1)) << "by packets from before the request";
    hand_over();
    EXPECT_TRUE(is_woken(rss, 1));
    EXPECT_FALSE(is_woken(rss, 0));
    rss.clear_wakeup(1);
    EXPECT_FALSE(is_woken(rss, 1));
    hand_over();
    EXPECT_FALSE(is_woken(rss, 1)) << "a second time by one request";
  }
  EXPECT_EQ(rte_mempool_avail_count(pool), 1023u) << "packets that were never taken are freed";
  rte_mempool_free(pool);
}

}  // namespace
}  // namespace floodgauge
