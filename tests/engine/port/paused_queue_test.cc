// The control thread changes the sources of a queue while its worker polls.
#include "engine/port/ethdev_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "engine/port/eal.h"

namespace floodgauge {
namespace {

constexpr unsigned kQueues = 2;

/// The EAL, which DPDK can start only once per process.
class EalEnvironment : public testing::Environment {
 public:
  void SetUp() override {
    // DPDK's errors are left out: it does not know the device's port, whose link IdleWait asks for.
    eal_.emplace(start_eal_for_ports(
        {.memory_mib = 64,
         .workers = 1,
         .pci_devices = {},
         .user_arguments = {"--no-huge", "--no-shconf", "-m", "64", "--log-level", "*:critical"}}));
  }
  void TearDown() override { eal_.reset(); }

 private:
  std::optional<Eal> eal_;
};
const auto* const kEal = testing::AddGlobalTestEnvironment(new EalEnvironment);

/// A device with two receive queues. Each poll of an open queue brings one packet.
class BusyDevice {
 public:
  static constexpr std::uint16_t kPort = RTE_MAX_ETHPORTS - 1;

  BusyDevice() : pool_(rte_pktmbuf_pool_create("busy", 255, 0, 0, 256, SOCKET_ID_ANY)) {
    operations() = {};
    operations().rx_pkt_burst = receive;
    operations().tx_pkt_burst = send;
    operations().rxq = {.data = queues_, .clbk = callbacks_};
    operations().txq = {.data = queues_, .clbk = callbacks_};
    for (unsigned q = 0; q < kQueues; ++q) inputs_[q] = {this, q};
  }
  ~BusyDevice() {
    operations() = {};
    rte_mempool_free(pool_);
  }
  BusyDevice(const BusyDevice&) = delete;
  BusyDevice& operator=(const BusyDevice&) = delete;

  bool ready() const { return pool_ != nullptr; }
  /// Number of mbufs that have not been freed.
  unsigned held() const { return rte_mempool_in_use_count(pool_); }
  std::vector<EthdevSource> sources() const {
    std::vector<EthdevSource> all(kQueues);
    for (std::uint16_t q = 0; q < kQueues; ++q) {
      all[q].port = kPort;
      all[q].queue = q;
      all[q].index = static_cast<std::uint8_t>(q);
    }
    return all;
  }

  bool open[kQueues] = {true, true};  ///< polling a closed one is counted. No atomic: the queue's
                                      ///< state orders it, which ThreadSanitizer checks
  std::atomic<unsigned> polled_closed{0};
  std::atomic<unsigned> sent{0};

 private:
  struct Input {
    BusyDevice* device = nullptr;
    unsigned queue = 0;
  };
  static struct rte_eth_fp_ops& operations() { return rte_eth_fp_ops[kPort]; }

  static std::uint16_t receive(void* queue, rte_mbuf** burst, std::uint16_t) {
    const Input& input = *static_cast<Input*>(queue);
    if (!input.device->open[input.queue]) ++input.device->polled_closed;
    burst[0] = rte_pktmbuf_alloc(input.device->pool_);
    return burst[0] == nullptr ? 0 : 1;
  }
  static std::uint16_t send(void* queue, rte_mbuf** burst, std::uint16_t count) {
    static_cast<Input*>(queue)->device->sent += count;
    rte_pktmbuf_free_bulk(burst, count);
    return count;
  }

  rte_mempool* pool_;
  Input inputs_[kQueues];
  void* queues_[kQueues] = {&inputs_[0], &inputs_[1]};
  void* callbacks_[kQueues] = {};
};

class PausedQueue : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(device_.ready()); }

  unsigned poll() {
    Nanoseconds time;
    queue_.receive(burst_, time);
    return burst_.size;
  }
  std::uint64_t received(std::size_t source) const { return queue_.counters(source).received; }

  UtcClock clock_;
  BusyDevice device_;
  EthdevQueue queue_{device_.sources(), EthdevSpread{}, clock_};
  ReceivedBurst burst_;
};

TEST_F(PausedQueue, ReceivesNothingAndHoldsNoBufferUntilItGoesOn) {
  EXPECT_EQ(poll(), 1u);
  queue_.request_pause();
  EXPECT_FALSE(queue_.paused());
  EXPECT_EQ(poll(), 0u);
  EXPECT_TRUE(queue_.paused());
  EXPECT_EQ(device_.held(), 0u);
  EXPECT_EQ(poll(), 0u);
  queue_.change_sources([](EthdevSource&) {});
  EXPECT_FALSE(queue_.paused());
  EXPECT_EQ(poll(), 1u);
}

TEST_F(PausedQueue, PollsNoSourceThatIsClosed) {
  queue_.request_pause();
  poll();
  device_.open[0] = false;
  queue_.change_sources([](EthdevSource& source) { source.open = source.index != 0; });
  for (int round = 0; round < 10; ++round) EXPECT_EQ(poll(), 1u);
  EXPECT_EQ(device_.polled_closed, 0u);
  EXPECT_EQ(received(0), 0u);
  EXPECT_EQ(received(1), 10u);
}

TEST_F(PausedQueue, CountsWhatAClosedPeerCannotSendAsDropped) {
  const auto set_peer = [&](bool open) {
    queue_.request_pause();
    poll();
    queue_.change_sources([&](EthdevSource& source) {
      source.forwards = source.index == 0;
      source.peer = BusyDevice::kPort;
      source.peer_open = open;
      source.open = source.index == 0;
    });
  };
  set_peer(true);
  EXPECT_EQ(poll(), 1u);
  EXPECT_EQ(device_.sent, 1u);
  set_peer(false);
  EXPECT_EQ(poll(), 1u) << "it is still examined";
  EXPECT_EQ(device_.sent, 1u);
  EXPECT_EQ(queue_.counters(0).transmitted, 1u);
  EXPECT_EQ(queue_.counters(0).transmit_dropped, 1u);
}

TEST_F(PausedQueue, AWorkerNeverPollsASourceThatTheControlThreadHasClosed) {
  std::atomic<bool> stop{false};
  std::thread worker([&] {
    for (unsigned round = 0; !stop; ++round) {
      if (poll() == 0 || round % 16 == 0) queue_.rest(0, milliseconds(1));
    }
  });
  for (unsigned round = 0; round < 300; ++round) {
    queue_.request_pause();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!queue_.paused() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    ASSERT_TRUE(queue_.paused());
    for (unsigned q = 0; q < kQueues; ++q) device_.open[q] = (round >> q) % 2 == 0;
    queue_.change_sources([&](EthdevSource& source) { source.open = device_.open[source.index]; });
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  stop = true;
  worker.join();
  EXPECT_EQ(device_.polled_closed, 0u);
}

}  // namespace
}  // namespace floodgauge
