// rte_eth_read_clock() is experimental in DPDK 22.11.
#define ALLOW_EXPERIMENTAL_API 1

#include "engine/port/device_clock.h"

#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>

namespace floodgauge {

void ClockPair::observe(std::uint64_t ticks, Nanoseconds time) {
  if (!last_ || ticks < last_->ticks) {
    last_ = {ticks, time};
    return;
  }
  const Nanoseconds between = time - last_->time;
  if (between < kMinBetween || ticks == last_->ticks) return;
  const double tick_length =
      static_cast<double>(between.count) / static_cast<double>(ticks - last_->ticks);
  last_ = {ticks, time};
  const std::uint32_t sequence = sequence_.load(std::memory_order_relaxed);
  sequence_.store(sequence + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  ticks_.store(ticks, std::memory_order_relaxed);
  time_.store(time.count, std::memory_order_relaxed);
  tick_length_.store(tick_length, std::memory_order_relaxed);
  sequence_.store(sequence + 2, std::memory_order_release);
}

std::optional<Nanoseconds> ClockPair::time_of(std::uint64_t ticks) const {
  const std::uint32_t before = sequence_.load(std::memory_order_acquire);
  const std::uint64_t base = ticks_.load(std::memory_order_relaxed);
  const std::int64_t time = time_.load(std::memory_order_relaxed);
  const double tick_length = tick_length_.load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (before % 2 != 0 || sequence_.load(std::memory_order_relaxed) != before) return std::nullopt;
  // A stamp this many ticks (an hour at 1 GHz) from the last reading is not a valid one.
  constexpr std::int64_t kMaxDistance = std::int64_t{1} << 42;
  const auto since = static_cast<std::int64_t>(ticks - base);
  if (tick_length == 0 || since < -kMaxDistance || since > kMaxDistance) return std::nullopt;
  return Nanoseconds{time + static_cast<std::int64_t>(static_cast<double>(since) * tick_length)};
}

DeviceClock::DeviceClock(std::uint16_t port, bool offered, bool by_libpcap)
    : port_(port), kind_(by_libpcap ? Kind::microseconds : Kind::none) {
  std::uint64_t now = 0;
  if (offered && rte_eth_read_clock(port, &now) == 0) kind_ = Kind::ticks;
}

void DeviceClock::observe(const UtcClock& clock) {
  if (kind_ != Kind::ticks) return;
  // A reading that took longer is discarded: when within it the device was read is unknown.
  constexpr Nanoseconds kMaxReading{50'000};
  std::uint64_t ticks = 0;
  const Nanoseconds before = clock.now();
  if (rte_eth_read_clock(port_, &ticks) != 0) return;
  const Nanoseconds took = clock.now() - before;
  if (took < kMaxReading) pair_.observe(ticks, before + Nanoseconds{took.count / 2});
}

std::optional<Nanoseconds> DeviceClock::time_of(std::uint64_t stamp) const {
  if (kind_ == Kind::ticks) return pair_.time_of(stamp);
  constexpr std::uint64_t kLatest = INT64_MAX / 1000;
  if (stamp > kLatest) return std::nullopt;
  return Nanoseconds{static_cast<std::int64_t>(stamp) * 1000};
}

StampField stamp_field() {
  StampField field;
  if (rte_mbuf_dyn_rx_timestamp_register(&field.offset, &field.flag) != 0) return {};
  return field;
}

}  // namespace floodgauge
