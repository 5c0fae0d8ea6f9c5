#include "engine/port/software_rss.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "engine/port/fast_rss.h"
#include "engine/port/mbuf_frame.h"
#include "engine/port/rx_queue.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {
namespace {

std::uint32_t hash_of_frame(const rte_mbuf* mbuf, bool nic_hash) {
  if (nic_hash && (mbuf->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0) {
    return symmetric_rss_of_nic(mbuf->hash.rss);
  }
  return rss_of_outer_addresses(frame_of(mbuf));
}

/// In the memory of this process: DPDK has names for 2,560 rings of its own (RTE_MAX_MEMZONE), and
/// 64 workers need 4,032. Null without memory.
rte_ring* make_ring() {
  const auto size = static_cast<std::size_t>(rte_ring_get_memsize(SoftwareRss::kRingPackets));
  void* const memory =
      std::aligned_alloc(RTE_CACHE_LINE_SIZE, (size + RTE_CACHE_LINE_SIZE - 1) /
                                                  RTE_CACHE_LINE_SIZE * RTE_CACHE_LINE_SIZE);
  auto* const ring = static_cast<rte_ring*>(memory);
  if (ring == nullptr || rte_ring_init(ring, "spread", SoftwareRss::kRingPackets,
                                       RING_F_SP_ENQ | RING_F_SC_DEQ) == 0) {
    return ring;
  }
  std::free(ring);
  return nullptr;
}

}  // namespace

void SoftwareRss::FreeRing::operator()(rte_ring* ring) const {
  // Packets that no worker has taken.
  void* left = nullptr;
  while (rte_ring_sc_dequeue(ring, &left) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(left));
  std::free(ring);
}

SoftwareRss::SoftwareRss(unsigned workers)
    : workers_(workers), wakeups_(std::make_unique<Wakeup[]>(workers)), next_(workers) {
  for (unsigned to = 0; to < workers; ++to) {
    wakeups_[to].fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  }
  for (unsigned from = 0; from < workers; ++from) {
    for (unsigned to = 0; to < workers; ++to) {
      if (from == to) {
        rings_.emplace_back();
        continue;
      }
      rings_.emplace_back(make_ring());
      if (rings_.back() == nullptr) {
        throw std::runtime_error("no memory for the rings between " + std::to_string(workers) +
                                 " workers");
      }
    }
  }
}

SoftwareRss::~SoftwareRss() {
  for (unsigned to = 0; to < workers_; ++to) {
    if (wakeups_[to].fd >= 0) close(wakeups_[to].fd);
  }
}

void SoftwareRss::request_wakeup(unsigned to) {
  // See the class comment: this fence and the one in wake() order store and load on both sides.
  wakeups_[to].wanted.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void SoftwareRss::wake(unsigned to) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!wakeups_[to].wanted.load(std::memory_order_relaxed)) return;
  wakeups_[to].wanted.store(false, std::memory_order_relaxed);
  eventfd_write(wakeups_[to].fd, 1);
}

void SoftwareRss::clear_wakeup(unsigned to) {
  eventfd_t count = 0;
  eventfd_read(wakeups_[to].fd, &count);
}

std::uint16_t SoftwareRss::spread(unsigned from, std::span<rte_mbuf*> burst,
                                  std::span<Nanoseconds> times, bool nic_hash,
                                  std::uint64_t& lost) {
  const std::size_t count = burst.size();
  std::array<std::uint32_t, kBurst> owners;
  for (std::size_t i = 0; i < count; ++i) {
    owners[i] = queue_of(hash_of_frame(burst[i], nic_hash), workers_);
  }
  std::array<void*, kBurst> others;
  for (unsigned to = 0; to < workers_; ++to) {
    if (to == from) continue;
    unsigned size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (owners[i] == to) others[size++] = burst[i];
    }
    if (size == 0) continue;
    const unsigned taken = rte_ring_sp_enqueue_burst(ring(from, to), others.data(), size, nullptr);
    wake(to);
    lost += size - taken;
    for (unsigned i = taken; i < size; ++i) rte_pktmbuf_free(static_cast<rte_mbuf*>(others[i]));
  }
  std::uint16_t own = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (owners[i] != from) continue;
    burst[own] = burst[i];
    times[own] = times[i];
    ++own;
  }
  return own;
}

std::uint16_t SoftwareRss::take(unsigned to, rte_mbuf** burst, std::uint16_t capacity) {
  for (unsigned tried = 0; tried < workers_; ++tried) {
    const unsigned from = next_[to];
    next_[to] = from + 1 == workers_ ? 0 : from + 1;
    if (from == to) continue;
    const unsigned count = rte_ring_sc_dequeue_burst(
        ring(from, to), reinterpret_cast<void**>(burst), capacity, nullptr);
    if (count != 0) return static_cast<std::uint16_t>(count);
  }
  return 0;
}

}  // namespace floodgauge
