// Workers hand windows to the merge, all threads running: every window arrives once, complete and
// in order. Built with ThreadSanitizer, this test shows that WindowExchange needs no lock.
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "engine/count/window_exchange.h"
#include "engine/merge/merger.h"

namespace floodgauge {
namespace {

constexpr unsigned kWorkers = 4;
constexpr std::uint64_t kEnded = std::numeric_limits<std::uint64_t>::max();
constexpr WindowCapacity kCapacity{
    .hosts = 64, .prefixes = 4, .log_entries = 256, .details = 1, .more_cells = 4};
constexpr WindowGrid kGrid{whole_seconds(1'700'000'000)};

/// What one worker counts of one host in one window.
struct PlannedHost {
  IpAddress address;
  std::uint32_t prefix;
  std::uint32_t packets;
  std::uint32_t logged;
};

/// The source address of logged packets says which worker logged them in which window:
/// 2001:db8::WORKER:INDEX.
IpAddress mark_of(unsigned worker, std::uint64_t index) {
  IpAddress mark{.bytes = {0x20, 0x01, 0x0d, 0xb8}};
  mark.bytes[11] = static_cast<std::uint8_t>(worker);
  for (unsigned i = 0; i < 4; ++i) {
    mark.bytes[15 - i] = static_cast<std::uint8_t>(index >> (8 * i));
  }
  return mark;
}

/// Each worker has each host at most once, so that the log of a host is one run of entries.
std::vector<PlannedHost> plan_of(unsigned worker, std::uint64_t index) {
  std::mt19937_64 random(index * kWorkers + worker);
  std::vector<PlannedHost> hosts;
  for (std::uint32_t h = 0; h < 16; ++h) {
    if (random() % 3 != 0) continue;
    hosts.push_back({IpAddress::from_v4(0xc6336400u + h), h % kCapacity.prefixes,
                     static_cast<std::uint32_t>(1 + random() % 1000),
                     static_cast<std::uint32_t>(random() % 5)});
  }
  return hosts;
}

void fill(WorkerWindow& window, unsigned worker, std::uint64_t index) {
  for (const PlannedHost& planned : plan_of(worker, index)) {
    // Slots are not in ascending order.
    const std::uint32_t slot = kCapacity.hosts - 1 - window.hosts_used;
    HostRecord& record = window.begin_host(slot, planned.address, planned.prefix);
    HostEvents& events = record.events();
    events.suspicious = planned.logged;
    events.logged = static_cast<std::uint16_t>(planned.logged);
    record.add(Vector::udp, false, {planned.packets, planned.packets * 100u}, window.more_cells);
    for (std::uint32_t n = 0; n < planned.logged; ++n) {
      window.log[window.log_used] = {.source = mark_of(worker, index), .older = events.log_head};
      events.log_head = ++window.log_used;
    }
    window.touch_prefix(planned.prefix);
    ServiceRecord& service =
        *window.services.find(planned.address, planned.prefix, planned.prefix, 0);
    service.counts.dns_queries += planned.packets;
    window.total += {planned.packets, planned.packets * 100u};
  }
  // A window is never empty, even when no host was drawn.
  window.total += {1, 60};
  window.last_packet = kGrid.start_of(index) + milliseconds(50);
}

using Schedule = std::vector<std::vector<std::uint64_t>>;  ///< by worker: windows with packets

Schedule draw_schedule(std::uint64_t seed, std::uint64_t windows) {
  std::mt19937_64 random(seed);
  Schedule schedule(kWorkers);
  for (std::uint64_t index = 0; index < windows; ++index) {
    for (auto& worker : schedule) {
      if (random() % 10 < 6) worker.push_back(index);
    }
  }
  return schedule;
}

/// Lets another thread run now and then, so that the steps of the threads interleave in many ways.
void loiter(std::mt19937_64& random) {
  const std::uint64_t draw = random() % 16;
  if (draw < 4) std::this_thread::yield();
  for (std::uint64_t spin = 0; draw == 5 && spin < random() % 2000; ++spin) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
}

/// The steps of engine/worker/worker.cc between two windows.
void work(WindowExchange& exchange, unsigned worker, const std::vector<std::uint64_t>& windows,
          std::uint64_t seed) {
  std::mt19937_64 random(seed + worker);
  std::uint64_t clock = 0;
  for (std::size_t n = 0; n < windows.size(); ++n) {
    // Windows without packets are passed one by one, or all at once.
    while (clock < windows[n] && random() % 2 == 0) exchange.publish_progress(++clock);
    clock = windows[n];
    exchange.filling().index = clock;
    exchange.publish_progress(clock);
    loiter(random);
    fill(exchange.filling(), worker, clock);
    while (!exchange.can_seal()) std::this_thread::yield();
    exchange.filling().final = n + 1 == windows.size();
    exchange.seal();
    loiter(random);
  }
  exchange.publish_progress(kEnded);
}

struct Expected {
  std::map<IpAddress, std::uint64_t> packets;
  std::map<IpAddress, std::map<IpAddress, std::uint64_t>> logged;  ///< by host, then mark
  std::map<std::uint32_t, std::uint64_t> requests;
  Volume total;
};

Expected expected_of(const Schedule& schedule, std::uint64_t index) {
  Expected expected;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    const auto& own = schedule[worker];
    if (!std::binary_search(own.begin(), own.end(), index)) continue;
    expected.total += {1, 60};
    for (const PlannedHost& planned : plan_of(worker, index)) {
      expected.packets[planned.address] += planned.packets;
      if (planned.logged != 0) {
        expected.logged[planned.address][mark_of(worker, index)] = planned.logged;
      }
      expected.requests[planned.prefix] += planned.packets;
      expected.total += {planned.packets, planned.packets * 100u};
    }
  }
  return expected;
}

Expected found_in(const NetworkWindow& window) {
  Expected found;
  found.total = window.total;
  for (std::uint32_t i = 0; i < window.hosts().size(); ++i) {
    const HostRecord& host = window.hosts()[i];
    host.for_each_cell([&](const Cell& cell) { found.packets[host.address] += cell.packets; });
    TargetSummary summary(64);
    window.add_detail(std::span(&i, 1), summary);
    for (const auto& row : summary.top_sources.top(64)) {
      found.logged[host.address][row.key] = row.packets;
    }
  }
  for (const PrefixWindow& prefix : window.prefixes) {
    found.requests[prefix.prefix] = prefix.dns_requests;
  }
  return found;
}

void expect_same(const NetworkWindow& window, const Schedule& schedule) {
  const Expected expected = expected_of(schedule, window.index);
  const Expected found = found_in(window);
  EXPECT_EQ(found.total, expected.total) << window.index;
  EXPECT_EQ(found.packets, expected.packets) << window.index;
  EXPECT_EQ(found.logged, expected.logged) << window.index;
  EXPECT_EQ(found.requests, expected.requests) << window.index;
}

class HandOver : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(HandOver, EveryWindowOfFourWorkersIsMergedOnceAndWhole) {
  constexpr std::uint64_t kWindows = 1000;
  const std::uint64_t seed = GetParam();
  const Schedule schedule = draw_schedule(seed, kWindows);
  std::set<std::uint64_t> expected;
  for (const auto& worker : schedule) expected.insert(worker.begin(), worker.end());

  std::vector<std::unique_ptr<WindowExchange>> exchanges;
  std::vector<WindowExchange*> pointers;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    // As with live ports, and as in a replay.
    exchanges.push_back(
        std::make_unique<WindowExchange>(kCapacity, static_cast<unsigned>(2 + seed % 2)));
    pointers.push_back(exchanges.back().get());
  }
  Merger merger(pointers, kGrid, key_from_seed(seed), kCapacity.hosts);
  std::vector<std::thread> workers;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] { work(*pointers[worker], worker, schedule[worker], seed); });
  }
  std::mt19937_64 random(seed);
  NetworkWindow window;
  std::vector<std::uint64_t> merged;
  while (!merger.finished()) {
    loiter(random);
    if (!merger.next(window)) {
      std::this_thread::yield();
      continue;
    }
    merged.push_back(window.index);
    expect_same(window, schedule);
    EXPECT_EQ(window.last, window.index == *expected.rbegin()) << window.index;
    merger.release();
  }
  for (std::thread& worker : workers) worker.join();
  // Every window comes once, and none before an earlier one.
  EXPECT_EQ(merged, std::vector<std::uint64_t>(expected.begin(), expected.end()));
}

INSTANTIATE_TEST_SUITE_P(Interleavings, HandOver, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace floodgauge
