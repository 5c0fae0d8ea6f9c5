#include "engine/port/ethdev_queue.h"
#include "engine/port/symmetric_rss.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

namespace floodgauge {
namespace {

constexpr Nanoseconds kMicrosecond{1000};

/// A device that stamps packets as net_pcap does, with microseconds since 1970. A test sets how
/// long a poll takes, and the timestamps of its packets relative to the poll's beginning.
class StampingDevice {
 public:
  static constexpr std::uint16_t kPort = RTE_MAX_ETHPORTS - 1;

  explicit StampingDevice(const UtcClock& clock) : clock_(clock), stamp_(stamp_field()) {
    pool_ = rte_pktmbuf_pool_create("stamped", 127, 0, 0, 2176, SOCKET_ID_ANY);
    operations() = {};
    operations().rx_pkt_burst = receive;
    operations().rxq = {.data = queues_, .clbk = callbacks_};
  }
  ~StampingDevice() {
    operations() = {};
    rte_mempool_free(pool_);
  }
  StampingDevice(const StampingDevice&) = delete;
  StampingDevice& operator=(const StampingDevice&) = delete;

  bool ready() const { return pool_ != nullptr && stamp_.offset >= 0; }
  EthdevSource source() const {
    EthdevSource source;
    source.port = kPort;
    source.clock = &stamps_;
    return source;
  }

  /// Number of mbufs that have not been freed.
  unsigned held() const { return rte_mempool_in_use_count(pool_); }

  Nanoseconds poll_lasts;
  std::vector<Nanoseconds> stamps;  ///< of the next poll's packets, relative to its beginning
  Nanoseconds polled;               ///< when the last poll began

 private:
  static struct rte_eth_fp_ops& operations() { return rte_eth_fp_ops[kPort]; }

  static std::uint16_t receive(void* queue, rte_mbuf** burst, std::uint16_t capacity) {
    auto& device = *static_cast<StampingDevice*>(queue);
    device.polled = device.clock_.now();
    std::this_thread::sleep_for(std::chrono::nanoseconds(device.poll_lasts.count));
    const auto count = static_cast<std::uint16_t>(device.stamps.size());
    if (count > capacity || rte_pktmbuf_alloc_bulk(device.pool_, burst, count) != 0) return 0;
    for (std::uint16_t i = 0; i < count; ++i) {
      burst[i]->ol_flags |= device.stamp_.flag | RTE_MBUF_F_RX_RSS_HASH;
      // Half of 32 packets for each of two workers.
      burst[i]->hash.rss = std::rotl(std::uint32_t{i} << 27, kNicRotation);
      *RTE_MBUF_DYNFIELD(burst[i], device.stamp_.offset, rte_mbuf_timestamp_t*) =
          static_cast<rte_mbuf_timestamp_t>((device.polled + device.stamps[i]).count / 1000);
    }
    return count;
  }

  UtcClock clock_;
  StampField stamp_;
  DeviceClock stamps_{kPort, false, true};
  rte_mempool* pool_ = nullptr;
  void* queues_[1] = {this};
  void* callbacks_[1] = {nullptr};
};

class StampedQueue : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(device_.ready());
    queue_.emplace(std::vector{device_.source()}, EthdevSpread{}, clock_);
  }

  /// Polls once and returns the packets' times.
  std::vector<Nanoseconds> poll() {
    ReceivedBurst burst;
    queue_->receive(burst, queue_clock_);
    return {burst.times.begin(), burst.times.begin() + burst.size};
  }
  /// Whether a time is that of the packet's timestamp, which is in whole microseconds.
  bool as_stamped(Nanoseconds time, std::size_t packet) const {
    const Nanoseconds off = device_.polled + device_.stamps[packet] - time;
    return off >= Nanoseconds{0} && off < kMicrosecond;
  }

  UtcClock clock_;
  StampingDevice device_{clock_};
  std::optional<EthdevQueue> queue_;
  Nanoseconds queue_clock_;
};

TEST_F(StampedQueue, KeepsTimestampsFromBeforeThePoll) {
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  device_.stamps = {milliseconds(-4), milliseconds(-3), milliseconds(-3), milliseconds(-1)};
  const std::vector<Nanoseconds> times = poll();
  ASSERT_EQ(times.size(), 4u);
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_TRUE(as_stamped(times[i], i)) << i;
}

TEST_F(StampedQueue, KeepsTimestampsFromDuringALongPoll) {
  device_.poll_lasts = milliseconds(20);
  device_.stamps = {milliseconds(1), milliseconds(7), milliseconds(19)};
  const std::vector<Nanoseconds> times = poll();
  ASSERT_EQ(times.size(), 3u);
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_TRUE(as_stamped(times[i], i)) << i;
  EXPECT_LE(queue_clock_, times[2]) << "later packets may have the same time";
  device_.stamps = {whole_seconds(-100)};
  EXPECT_EQ(poll(), (std::vector{times[2]})) << "times never go back";
}

TEST_F(StampedQueue, LimitsAFutureTimestampToTheTimeOfThePoll) {
  device_.stamps = {whole_seconds(100)};
  const Nanoseconds before = clock_.now();
  const std::vector<Nanoseconds> times = poll();
  ASSERT_EQ(times.size(), 1u);
  EXPECT_GE(times[0], before);
  EXPECT_LE(times[0], clock_.now());
}

TEST_F(StampedQueue, RaisesAnOldTimestampToTheLongestWait) {
  device_.stamps = {whole_seconds(-100)};
  const Nanoseconds made = clock_.now();
  const std::vector<Nanoseconds> times = poll();
  ASSERT_EQ(times.size(), 1u);
  EXPECT_GE(times[0], made - EthdevQueue::kMaxWait);
  EXPECT_LE(times[0], clock_.now());
}

TEST_F(StampedQueue, AFullBurstTellsThatMoreWaitsAlsoWhereItIsSpreadBySoftware) {
  SoftwareRss rss(2);
  EthdevSource source = device_.source();
  source.nic_hash = true;
  EthdevQueue queue({source}, EthdevSpread{&rss, 0}, clock_);
  EthdevQueue other({}, EthdevSpread{&rss, 1}, clock_);
  ReceivedBurst burst;
  Nanoseconds now;
  const auto receive = [&](EthdevQueue& from) {
    from.receive(burst, now);
    return std::pair<unsigned, bool>(burst.size, burst.more_waits);
  };
  device_.stamps.assign(kBurst, milliseconds(-1));
  EXPECT_EQ(receive(queue), std::pair(16u, true)) << "the port had a full burst";
  EXPECT_EQ(receive(other), std::pair(16u, false)) << "of a ring that holds no more";
  EXPECT_EQ(receive(queue), std::pair(16u, true));
  EXPECT_EQ(receive(queue), std::pair(16u, true));
  EXPECT_EQ(receive(other), std::pair(32u, true)) << "a full burst of the ring";
  device_.stamps.assign(kBurst - 2, milliseconds(-1));
  EXPECT_EQ(receive(queue), std::pair(16u, false)) << "the port is empty now";
  device_.stamps.clear();
  EXPECT_EQ(receive(queue), std::pair(0u, false));
  EXPECT_EQ(receive(other).second, false);
  receive(other);
}

TEST_F(StampedQueue, FreesABurstsMbufsAtTheNextPoll) {
  device_.stamps = {milliseconds(-2), milliseconds(-1)};
  for (int round = 0; round < 100; ++round) {  // needs more mbufs than the pool has
    EXPECT_EQ(poll().size(), 2u);
    EXPECT_EQ(device_.held(), 2u);
  }
  device_.stamps.clear();
  EXPECT_TRUE(poll().empty());
  EXPECT_EQ(device_.held(), 0u);
  device_.stamps = {milliseconds(-1)};
  EXPECT_EQ(poll().size(), 1u);
  queue_.reset();
  EXPECT_EQ(device_.held(), 0u) << "freed by the destructor";
}

}  // namespace
}  // namespace floodgauge
