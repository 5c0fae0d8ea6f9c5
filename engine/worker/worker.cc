#include "engine/worker/worker.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

#include <rte_cycles.h>

#include "engine/classify/classify.h"
#include "engine/classify/payload_stage.h"

namespace floodgauge {
namespace {

constexpr Nanoseconds kEndOfTime{std::numeric_limits<std::int64_t>::max()};
/// A worker yields its core after so many empty polls.
constexpr unsigned kYieldAfter = 256;
/// A live worker's queue may sleep after so many empty polls.
constexpr unsigned kSleepAfter = 2048;
/// While the merge has all windows, a replay's worker yields so many times, and then sleeps.
constexpr unsigned kYields = 32;
constexpr auto kNap = std::chrono::microseconds(20);

void add_to(std::atomic<std::uint64_t>& sum, std::uint64_t value) {
  // One writer: a load and a store, no read-modify-write.
  sum.store(sum.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
}

}  // namespace

void parse_burst(Burst& burst) {
  burst.plain = parse_outer(std::span(burst.frames).first(burst.size), burst.facts);
}

void open_fou_tunnels(Burst& burst, std::span<const std::uint16_t> ports) {
  burst.plain &= ~open_fou(std::span(burst.frames).first(burst.size), ports, burst.facts);
}

Worker::Worker(unsigned number, RxQueue& queue, LiveWorkerSettings& settings,
               WindowExchange& exchange, const WindowGrid& grid,
               const CounterSettings& counter_settings, LateMerge late)
    : number_(number),
      queue_(queue),
      settings_(settings),
      exchange_(exchange),
      grid_(grid),
      counter_(counter_settings),
      late_(late),
      window_end_(grid.start_of(1)) {}

/// A burst's whole life. `remaining` has one bit for each packet that no stage has finished yet.
void Worker::process() {
  const WorkerSettings& settings = settings_.read();
  const Protection& protection = settings.protection;
  WorkerWindow& window = exchange_.filling();

  // Parse: each frame down to its outermost transport header.
  parse_burst(burst_);
  if (!protection.fou_ports().empty()) open_fou_tunnels(burst_, protection.fou_ports());
  Counter::count_parsed(burst_, window);

  // Known-flow fast path: counts packets in the middle of known, answered flows. Most packets are
  // finished here, without any lookup of addresses.
  counter_.count_known_flows(burst_, protection, window_index_, window);

  // Protect: longest-prefix match of the remaining packets' addresses. Opens tunnels.
  protection.find_targets(burst_);

  // Flow: hash and flow table. Removes packets without a protected address, and SYNs that only
  // begin a flow while very many flows begin (half-open path).
  counter_.look_up_flows(burst_, protection, window_index_, window);

  // Classify: one vector a packet, by flow state, headers and, in case of doubt, the payload.
  classify_burst(burst_);
  counter_.pass_over_repeated_initials(burst_);
  if (settings.payloads != nullptr && shedding_.level() < Shed::payload) {
    settings.payloads->look(burst_, number_);
  }

  // Count: host records, services, prefixes, sketches.
  counter_.count_hosts(burst_, protection, window);
}

/// Processes the received burst. Packets of different windows are processed as bursts of their own,
/// and the windows in between are sealed.
void Worker::process_by_windows() {
  std::uint16_t left = burst_.size;
  while (burst_.times[left - 1u] >= window_end_) {
    const auto later = std::find_if(burst_.times.begin(), burst_.times.begin() + left,
                                    [&](Nanoseconds time) { return time >= window_end_; });
    burst_.size = static_cast<std::uint16_t>(later - burst_.times.begin());
    if (burst_.size != 0) process();
    std::copy(burst_.frames.begin() + burst_.size, burst_.frames.begin() + left,
              burst_.frames.begin());
    std::copy(later, burst_.times.begin() + left, burst_.times.begin());
    left = static_cast<std::uint16_t>(left - burst_.size);
    advance_to(burst_.times.front());
  }
  burst_.size = left;
  process();
}

/// Receives and processes one burst. False when the queue was empty.
bool Worker::poll() {
  queue_.receive(burst_, clock_);
  const Nanoseconds clock = clock_;
  const std::uint16_t count = burst_.size;
  if (late_ == LateMerge::extend) adjust_shedding(count == kBurst || burst_.more_waits, clock);
  if (count != 0) process_by_windows();
  if (clock >= window_end_ && clock != kEndOfTime) advance_to(clock);
  settings_.quiescent(number_);
  add_to(stats_.packets, count);
  return count != 0;
}

void Worker::adjust_shedding(bool full_burst, Nanoseconds clock) {
  const Shed before = shedding_.level();
  const Shed now = shedding_.saw(full_burst, clock);
  if (now == before) return;
  counter_.set_shed({.detail = now >= Shed::detail, .sketch = now >= Shed::sketch});
  stats_.shedding.store(now, std::memory_order_relaxed);
}

/// Ends the window, and begins the one that `time` is in.
void Worker::advance_to(Nanoseconds time) {
  const std::uint64_t next = grid_.index_of(time);
  // A live worker also seals empty windows: they tell the merge that time goes on without packets.
  if (exchange_.filling().total.packets != 0 || late_ == LateMerge::extend) {
    if (late_ == LateMerge::extend && !exchange_.can_seal()) {
      exchange_.filling().windows =
          static_cast<std::uint32_t>(next - exchange_.filling().index + 1);
      window_index_ = next;
      window_end_ = grid_.start_of(next + 1);
      return;
    }
    seal(false);
  }
  window_index_ = next;
  window_end_ = grid_.start_of(next + 1);
  exchange_.filling().index = next;
  exchange_.publish_progress(next);
}

/// Hands the window over to the merge. Waits until the merge has given another one back.
void Worker::seal(bool final) {
  for (unsigned waits = 0; !exchange_.can_seal(); ++waits) {
    settings_.quiescent(number_);
    stats_.heartbeat.beat(heartbeat_now());
    // The merge may need this core.
    if (waits < kYields) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(kNap);
    }
  }
  WorkerWindow& window = exchange_.filling();
  window.final = final;
  counter_.finish(window);
  exchange_.seal();
  counter_.next_window();
}

/// After `idle` empty polls in a row.
void Worker::rest(unsigned idle) {
  if (late_ == LateMerge::wait || idle < kSleepAfter) {
    std::this_thread::yield();
  } else {
    stats_.heartbeat.sleep();
    // At most until the window ends: the merge waits for it.
    queue_.rest(idle - kSleepAfter, window_end_ - clock_);
  }
}

void Worker::run(const std::atomic<bool>& stop) {
  const Presence presence(*this);
  exchange_.filling().index = window_index_;
  poll_until(stop);
  if (exchange_.filling().total.packets != 0) seal(true);
  exchange_.publish_progress(WindowExchange::kEnded);
}

Worker::Presence::Presence(Worker& worker) : worker_(worker) {
  worker_.settings_.enter(worker_.number_);
  worker_.stats_.heartbeat.beat(heartbeat_now());
}

Worker::Presence::~Presence() {
  worker_.settings_.leave(worker_.number_);
  worker_.stats_.heartbeat.end();
}

void Worker::poll_until(const std::atomic<bool>& stop) {
  unsigned idle = 0;
  std::uint64_t before = rte_rdtsc();
  while (!stop.load(std::memory_order_relaxed) && !queue_.finished()) {
    const bool busy = poll();
    const std::uint64_t now = rte_rdtsc();
    add_to(busy ? stats_.busy_cycles : stats_.idle_cycles, now - before);
    stats_.heartbeat.beat(static_cast<std::int64_t>(now));
    before = now;
    idle = busy ? 0 : idle + 1;
    if (idle <= kYieldAfter) continue;
    rest(idle);
    // Rest is idle time, also when the poll after it finds packets.
    before = rte_rdtsc();
    add_to(stats_.idle_cycles, before - now);
    stats_.heartbeat.beat(static_cast<std::int64_t>(before));
  }
}

}  // namespace floodgauge
