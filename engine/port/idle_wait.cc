#include "engine/port/idle_wait.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <span>
#include <thread>

#include <rte_ethdev.h>
#include <rte_interrupts.h>

namespace floodgauge {
namespace {

/// A shorter sleep takes less time than falling asleep and waking up.
constexpr Nanoseconds kMinNap{20'000};
constexpr Nanoseconds kMaxNap = milliseconds(1);
constexpr std::uint32_t kDefaultMegabits = 10'000;
/// The smallest frame: 64 bytes and 20 of preamble and gap.
constexpr std::int64_t kMinBitsOnWire = 84 * 8;

void sleep(Nanoseconds time) {
  std::this_thread::sleep_for(std::chrono::nanoseconds(time.count));
}

}  // namespace

Nanoseconds longest_nap(unsigned descriptors, std::uint32_t megabits) {
  const bool known = megabits != 0 && megabits != RTE_ETH_SPEED_NUM_UNKNOWN;
  const Nanoseconds filled{std::int64_t{descriptors} * kMinBitsOnWire * 1000 /
                           (known ? megabits : kDefaultMegabits)};
  const Nanoseconds half{filled.count / 2};
  return half < kMinNap ? Nanoseconds{0} : std::min(half, kMaxNap);
}

Nanoseconds nap_length(unsigned n, Nanoseconds longest) {
  constexpr unsigned kMaxDoublings = 16;
  return std::min(kMinNap * (std::int64_t{1} << std::min(n, kMaxDoublings)), longest);
}

IdleWait::IdleWait(std::vector<WakeSource> sources, SoftwareRss* rss, unsigned worker)
    : sources_(std::move(sources)),
      rss_(rss),
      worker_(worker),
      epoll_events_(std::make_unique<rte_epoll_event[]>(sources_.size() + 1)) {}

IdleWait::~IdleWait() {
  for (const WakeSource& source : sources_) {
    if (!opened_ || source.socket >= 0 || !source.interrupts) continue;
    rte_eth_dev_rx_intr_ctl_q(source.port, source.queue, epoll_, RTE_INTR_EVENT_DEL, nullptr);
  }
  if (epoll_ >= 0) close(epoll_);
}

bool IdleWait::add(std::size_t at) {
  const WakeSource& source = sources_[at];
  if (source.socket >= 0) {
    epoll_events_[at].epdata.event = EPOLLIN;
    return rte_epoll_ctl(epoll_, EPOLL_CTL_ADD, source.socket, &epoll_events_[at]) == 0;
  }
  return source.interrupts && rte_eth_dev_rx_intr_ctl_q(source.port, source.queue, epoll_,
                                                        RTE_INTR_EVENT_ADD, nullptr) == 0;
}

/// Called at the first rest(), because devices have no interrupts before the ports run.
void IdleWait::open() {
  opened_ = true;
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  all_can_wake_ = epoll_ >= 0;
  for (std::size_t at = 0; at < sources_.size() && all_can_wake_; ++at) all_can_wake_ = add(at);
  if (rss_ == nullptr || !all_can_wake_) return;
  rte_epoll_event& handed_over = epoll_events_[sources_.size()];
  handed_over.epdata.event = EPOLLIN;
  all_can_wake_ = rte_epoll_ctl(epoll_, EPOLL_CTL_ADD, rss_->wakeup_fd(worker_), &handed_over) == 0;
}

void IdleWait::arm(bool wanted) {
  for (const WakeSource& source : sources_) {
    if (source.socket >= 0) continue;
    if (wanted) {
      rte_eth_dev_rx_intr_enable(source.port, source.queue);
    } else {
      rte_eth_dev_rx_intr_disable(source.port, source.queue);
    }
  }
  if (rss_ != nullptr && wanted) rss_->request_wakeup(worker_);
  armed_ = wanted;
}

void IdleWait::wait(Nanoseconds longest) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  const std::int64_t time = std::clamp<std::int64_t>(longest.count, 0, kLongest.count);
  std::array<rte_epoll_event, 8> found;
  const int count = rte_epoll_wait(epoll_, found.data(), static_cast<int>(found.size()),
                                   static_cast<int>((time + kMillisecond - 1) / kMillisecond));
  if (count <= 0) return;
  arm(false);
  if (rss_ != nullptr) rss_->clear_wakeup(worker_);
  bool readable = false;
  for (const rte_epoll_event& event : std::span(found).first(static_cast<std::size_t>(count))) {
    readable |= (event.epdata.event & EPOLLIN) != 0;
  }
  if (readable) return;
  // An interface that went down sets an error on its socket, and the socket wakes the worker until
  // the error has been read.
  for (const WakeSource& source : sources_) {
    int error = 0;
    socklen_t size = sizeof(error);
    if (source.socket >= 0) getsockopt(source.socket, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  sleep(kMinNap);
}

Nanoseconds IdleWait::longest_now() const {
  Nanoseconds longest = rss_ == nullptr ? kMaxNap : longest_nap(SoftwareRss::kRingPackets, 0);
  for (const WakeSource& source : sources_) {
    rte_eth_link link{};
    if (rte_eth_link_get_nowait(source.port, &link) != 0) link = {};
    longest = std::min(longest, longest_nap(source.descriptors, link.link_speed));
  }
  return longest;
}

void IdleWait::rest(unsigned n, Nanoseconds longest) {
  if (!opened_) open();
  if (all_can_wake_) {
    if (n == 0 || !armed_) {
      arm(true);
    } else {
      wait(longest);
    }
    return;
  }
  if (n == 0) longest_ = longest_now();
  if (longest_.count == 0) {
    std::this_thread::yield();
  } else {
    sleep(std::min(nap_length(n, longest_), std::max(longest, kMinNap)));
  }
}

}  // namespace floodgauge
