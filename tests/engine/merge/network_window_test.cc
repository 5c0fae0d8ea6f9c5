// The detail of hosts under attack, from logs and details, of one worker or several, for one host
// or for all hosts of a network.
#include "engine/merge/network_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "engine/merge/merger.h"

namespace floodgauge {
namespace {

constexpr WindowCapacity kCapacity{
    .hosts = 256, .prefixes = 4, .log_entries = 65536, .details = 4, .more_cells = 4};
constexpr std::uint32_t kFirstHost = 0xc6336400u;

struct Sent {
  std::uint32_t host;
  std::uint32_t source;
  std::uint16_t port;
};

/// Windows of several workers, filled by hand.
class Windows {
 public:
  explicit Windows(unsigned workers) {
    for (unsigned w = 0; w < workers; ++w) {
      exchanges_.push_back(std::make_unique<WindowExchange>(kCapacity));
      pointers_.push_back(exchanges_.back().get());
    }
    merger_ =
        std::make_unique<Merger>(pointers_, WindowGrid{whole_seconds(1000)}, kKey, kCapacity.hosts);
  }

  /// Adds a packet that worker `w` received: to the log, to the host's detail, or only to its
  /// counts.
  enum class Kept { in_log, in_detail, not_at_all };
  void add(unsigned w, const Sent& sent, Kept kept = Kept::in_log) {
    WorkerWindow& window = exchanges_[w]->filling();
    window.total += {1, 60};
    HostRecord& record = host(window, IpAddress::from_v4(kFirstHost + sent.host));
    HostEvents& events = record.events();
    ++events.suspicious;
    ++events.logged;
    LogEntry entry{.source = IpAddress::from_v4(sent.source),
                   .source_port = sent.port,
                   .destination_port = 443,
                   .ip_bytes = 60,
                   .ttl = 50};
    if (kept == Kept::in_detail) {
      if (events.detail == 0) events.detail = static_cast<std::uint16_t>(++window.details_used);
      window.details[events.detail - 1].add(entry, hash_of(entry.source, kKey));
    } else if (kept == Kept::in_log) {
      entry.older = events.log_head;
      window.log[window.log_used] = entry;
      events.log_head = ++window.log_used;
    }
  }

  const NetworkWindow& merged() {
    for (WindowExchange* exchange : pointers_) {
      exchange->filling().final = true;
      exchange->filling().last_packet = whole_seconds(1000) + milliseconds(90);
      exchange->seal();
      exchange->publish_progress(std::numeric_limits<std::uint64_t>::max());
    }
    EXPECT_TRUE(merger_->next(window_));
    return window_;
  }

 private:
  static HostRecord& host(WorkerWindow& window, const IpAddress& address) {
    for (std::uint32_t i = 0; i < window.hosts_used; ++i) {
      if (window.host(i).address == address) return window.hosts[window.slots[i]];
    }
    window.touch_prefix(0);
    return window.begin_host(window.hosts_used, address, 0);
  }

  const HashKey kKey = key_from_seed(1);
  std::vector<std::unique_ptr<WindowExchange>> exchanges_;
  std::vector<WindowExchange*> pointers_;
  std::unique_ptr<Merger> merger_;
  NetworkWindow window_;
};

std::vector<std::uint32_t> all_of(const NetworkWindow& window) {
  std::vector<std::uint32_t> members(window.hosts().size());
  for (std::uint32_t i = 0; i < members.size(); ++i) members[i] = i;
  return members;
}

std::map<std::uint32_t, std::uint64_t> sources_in(const TargetSummary& summary) {
  std::map<std::uint32_t, std::uint64_t> sources;
  summary.top_sources.for_each(
      [&](const IpAddress& source, std::uint64_t packets) { sources[source.v4()] += packets; });
  return sources;
}

TEST(NetworkWindow, AddsUpWhatEachWorkerLoggedAndWhatItsDetailsHold) {
  for (const unsigned workers : {1u, 2u, 3u}) {
    Windows windows(workers);
    std::mt19937 engine(workers);
    const auto draw = [&](std::uint32_t below) {
      return static_cast<std::uint32_t>(engine() % below);
    };
    std::map<std::uint32_t, std::uint64_t> sources;
    std::map<std::uint32_t, std::map<std::uint32_t, std::uint64_t>> sources_of;
    std::map<std::uint16_t, std::uint64_t> ports;
    for (unsigned n = 0; n < 20000; ++n) {
      // Most hosts get few packets. Four hosts get many, of which the later ones are in details.
      const std::uint32_t host = n % 3 == 0 ? draw(200) : draw(4);
      const Sent sent{host, draw(2000), static_cast<std::uint16_t>(draw(300))};
      const bool late = n > 10000 && host < 4;
      windows.add(n % workers, sent, late ? Windows::Kept::in_detail : Windows::Kept::in_log);
      ++sources[sent.source];
      ++sources_of[host][sent.source];
      ++ports[sent.port];
    }
    const NetworkWindow& window = windows.merged();
    TargetSummary all;
    window.add_detail(all_of(window), all);
    EXPECT_EQ(all.packets, 20000u);
    EXPECT_EQ(sources_in(all), sources) << workers;
    EXPECT_TRUE(all.top_sources.exact());
    EXPECT_TRUE(all.source_ports.exact());
    std::map<std::uint16_t, std::uint64_t> found_ports;
    for (const auto& row : all.source_ports.top(65536)) found_ports[row.key] = row.packets;
    EXPECT_EQ(found_ports, ports);
    EXPECT_NEAR(all.sources.estimate(), 2000, 100);
    for (std::uint32_t i = 0; i < window.hosts().size(); ++i) {
      TargetSummary one;
      window.add_detail(std::span(&i, 1), one);
      const std::uint32_t host = window.hosts()[i].address.v4() - kFirstHost;
      EXPECT_EQ(sources_in(one), sources_of.at(host)) << workers << " workers, host " << host;
    }
  }
}

// As in a worker's sketch, all sources that send much are kept, and not all of the others.
TEST(NetworkWindow, KeepsTheGreaterOfVeryManySources) {
  Windows windows(1);
  std::uint64_t packets = 0;
  for (std::uint32_t n = 0; n < 40000; ++n) {
    windows.add(0, {n % 3, 0x10000000u + n, 80});
    ++packets;
    if (n % 20 != 0) continue;
    windows.add(0, {n % 3, n % 1000, 80});
    ++packets;
  }
  const NetworkWindow& window = windows.merged();
  TargetSummary summary;
  window.add_detail(all_of(window), summary);
  EXPECT_EQ(summary.packets, packets);
  EXPECT_EQ(summary.top_sources.size(), std::size_t{TargetDetail::kSources});
  EXPECT_FALSE(summary.top_sources.exact());
  const auto found = sources_in(summary);
  for (std::uint32_t source = 0; source < 1000; source += 20) {
    EXPECT_EQ(found.at(source), 40u) << source;
  }
  EXPECT_NEAR(summary.sources.estimate(), 40050, 2000);
}

std::map<std::uint32_t, std::uint64_t> ports_in(const PortCounts& counts) {
  std::map<std::uint32_t, std::uint64_t> all;
  for (const auto& row : counts.top(65536)) all[row.key] = row.packets;
  return all;
}

// A log is read in its order in memory when all of it is wanted, and host by host otherwise. Both
// must give the same.
TEST(NetworkWindow, AllThatWasLoggedIsTheSameHoweverItIsRead) {
  std::vector<TargetSummary> wholes;
  for (const unsigned workers : {1u, 2u}) {
    Windows windows(workers);
    std::map<std::uint32_t, std::uint64_t> ports;
    for (std::uint32_t n = 0; n < 60000; ++n) {
      const auto port = static_cast<std::uint16_t>(n % 700);
      windows.add(n % workers, {n % 150, n % 4 == 0 ? n % 5000 : 0x10000000u + n, port});
      ++ports[port];
    }
    const NetworkWindow& window = windows.merged();
    TargetSummary whole;
    window.add_detail(all_of(window), whole);
    EXPECT_EQ(whole.packets, 60000u);
    EXPECT_EQ(ports_in(whole.source_ports), ports);
    EXPECT_EQ(whole.top_sources.size(), std::size_t{TargetDetail::kSources});
    EXPECT_FALSE(whole.top_sources.exact());

    std::vector<std::uint32_t> most = all_of(window);
    const std::uint32_t last = most.back();
    most.pop_back();
    TargetSummary in_two;
    window.add_detail(most, in_two);
    EXPECT_EQ(in_two.packets, 59600u);
    window.add_detail(std::span(&last, 1), in_two);
    EXPECT_EQ(in_two.packets, 60000u);
    EXPECT_EQ(ports_in(in_two.source_ports), ports);
    EXPECT_EQ(in_two.sources.estimate(), whole.sources.estimate());
    EXPECT_EQ(in_two.ttl, whole.ttl);
    EXPECT_EQ(in_two.length, whole.length);

    wholes.push_back(std::move(whole));
  }
  EXPECT_EQ(sources_in(wholes[0]), sources_in(wholes[1]));
  EXPECT_EQ(wholes[0].sources.estimate(), wholes[1].sources.estimate());
}

TEST(NetworkWindow, SaysWhenSomethingWasNotKept) {
  Windows windows(2);
  for (std::uint32_t n = 0; n < 20; ++n) windows.add(n % 2, {n % 2, 7, 80});
  windows.add(1, {1, 7, 80}, Windows::Kept::not_at_all);
  const NetworkWindow& window = windows.merged();
  for (std::uint32_t i = 0; i < window.hosts().size(); ++i) {
    TargetSummary summary;
    window.add_detail(std::span(&i, 1), summary);
    const bool whole = window.hosts()[i].address.v4() == kFirstHost;
    EXPECT_EQ(summary.packets, 10u);
    EXPECT_EQ(summary.top_sources.exact(), whole);
    EXPECT_EQ(summary.source_ports.exact(), whole);
  }
}

// The sketches of four workers hold four times as many sources. The result must not be called exact
// because of that.
TEST(NetworkWindow, WhatIsExactDoesNotDependOnWhoCounted) {
  for (const std::uint32_t sources : {3000u, 6000u}) {
    for (const unsigned workers : {1u, 4u}) {
      Windows windows(workers);
      for (std::uint32_t n = 0; n < sources; ++n) {
        const auto port = static_cast<std::uint16_t>(n % 600);
        windows.add(n % workers, {0, 0x10000000u + n * 77u, port});
      }
      const NetworkWindow& window = windows.merged();
      TargetSummary summary;
      window.add_detail(all_of(window), summary);
      EXPECT_EQ(summary.top_sources.exact(), sources == 3000) << workers;
      EXPECT_EQ(summary.top_sources.size(), sources);
      EXPECT_FALSE(summary.source_ports.exact()) << "more ports than a sketch has room for";
      EXPECT_TRUE(summary.destination_ports.exact());
    }
  }
}

}  // namespace
}  // namespace floodgauge
