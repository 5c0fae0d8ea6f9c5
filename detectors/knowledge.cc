#include "detectors/knowledge.h"

#include <algorithm>
#include <array>
#include <utility>

namespace floodgauge {
namespace {

/// Suspicious packets/s in a window from which a host gets a tracker.
constexpr double kWorthTracking = 30;
/// Packets/s of attack vectors below which no detector finds a flood in a host's last seconds.
constexpr double kEarnestPerSecond = 30;
/// Suspicious packets in a window from which a host gets one even when memory is short, a
/// second.
constexpr double kSurelyWorthTracking = 640;

constexpr Nanoseconds kShortest = milliseconds(100);

}  // namespace

void Knowledge::find_trackers(std::span<HostCandidate> hosts) const {
  std::array<std::uint64_t, HostCandidates::kBatch> hashes;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hashes[i] = trackers_.prefetch(IpPrefix::host(hosts[i].host->address));
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].tracker = trackers_.find(IpPrefix::host(hosts[i].host->address), hashes[i]);
    if (hosts[i].tracker != nullptr) hosts[i].tracker->prefetch();
  }
}

std::optional<KnownTarget> Knowledge::of_host(const NetworkWindow& window,
                                              const HostCandidate& candidate,
                                              const VectorSet& left_out) {
  const HostRecord& host = *candidate.host;
  const IpPrefix address = IpPrefix::host(host.address);
  const std::uint32_t suspicious =
      left_out.any() ? host.packets_of(attack_vectors() & ~left_out) : host.events().suspicious;
  TargetTracker* tracker = candidate.tracker;
  if (tracker == nullptr) {
    // Of a window that is cut short, a rate of few packets says nothing.
    const double seconds =
        std::max(window.seconds(), std::min(settings_.engine.window, kShortest).seconds());
    const double rate = suspicious / seconds;
    if (!candidate.above_total_limit && rate < kWorthTracking) return std::nullopt;
    const bool certain = candidate.above_total_limit || rate >= kSurelyWorthTracking;
    tracker = new_tracker(address, host.prefix, window.start, certain);
    if (tracker == nullptr) return std::nullopt;
  }
  std::optional<KnownTarget> known(
      {.target = {.address = address, .prefix = host.prefix}, .tracker = tracker, .counts = {}});
  known->counts.add(host);
  if (candidate.scan != nullptr) candidate.scan->set_aside(known->counts, candidate.most_with_scan);
  if (left_out.any()) known->counts = known->counts.without(left_out);
  known->counts.add_sent(window.unanswered_from(host.address));
  tracker->add(known->counts, window.start, window.seconds());
  return known;
}

std::optional<KnownTarget> Knowledge::of_network(const NetworkWindow& window,
                                                 const NetworkCandidate& network) {
  TargetTracker* tracker = trackers_.find(network.network);
  if (tracker == nullptr) {
    tracker = new_tracker(network.network, network.target.prefix, window.start, true);
    if (tracker == nullptr) return std::nullopt;
  }
  tracker->add(network.hit.counts, window.start, window.seconds());
  return KnownTarget{.target = network.target, .tracker = tracker, .counts = network.hit.counts};
}

void Knowledge::add_sources(const NetworkWindow& window, std::span<const std::uint32_t> hosts,
                            KnownTarget& known, bool flooded) const {
  if (!known.tracker->keeps_summaries() && !flooded) return;
  window.add_detail(hosts, known.sources.emplace(settings_.engine.sources));
}

void Knowledge::keep_sources(KnownTarget& known, bool followed) {
  known.tracker->keep(std::move(known.sources), followed);
}

std::vector<EndedSecond> Knowledge::ended_seconds(Nanoseconds now, bool last) {
  std::vector<EndedSecond> ended;
  if (now < next_second_end_ && !last) return ended;
  next_second_end_ = kNever;
  for (auto& [address, tracker] : trackers_) {
    if (!tracker->second_is_over(now) && !last) {
      next_second_end_ = std::min(next_second_end_, tracker->second_end());
      continue;
    }
    const Nanoseconds latest =
        tracker->second_start() + TargetTracker::kSecond + settings_.engine.window;
    ended.push_back({address, tracker.get(), std::min(now, latest)});
  }
  return ended;
}

void Knowledge::close_second(const EndedSecond& second, Nanoseconds now, bool flooded) {
  second.tracker->close_second(now, flooded);
  next_second_end_ = std::min(next_second_end_, second.tracker->second_end());
}

TargetTracker* Knowledge::new_tracker(const IpPrefix& address, std::uint32_t prefix,
                                      Nanoseconds now, bool certain) {
  if (trackers_.size() >= (certain ? kMostTrackers : kMostTrackers / 2)) {
    if (certain) refused_.note(address);
    return nullptr;
  }
  TargetTracker& tracker = trackers_.add(address, now, prefix, settings_.engine.window);
  next_second_end_ = std::min(next_second_end_, tracker.second_end());
  next_idle_after_ = std::min(next_idle_after_, tracker.idle_after());
  if (summaries_ < (certain ? kMostSummaries : kMostSummaries / 2)) {
    tracker.keep_summaries(settings_.engine.sources, now);
    ++summaries_;
  }
  return &tracker;
}

void Knowledge::share_summaries(const EndedSecond& second, Nanoseconds now, bool flooded) {
  TargetTracker& tracker = *second.tracker;
  const auto packets = static_cast<double>(tracker.second().attack().packets);
  const bool in_earnest =
      packets >= kEarnestPerSecond * (second.end - tracker.second_start()).seconds();
  const bool short_of_room = summaries_ >= kMostSummaries / 2;
  if (tracker.keeps_summaries()) {
    const bool judged = now - tracker.summaries_since() > TargetTracker::kRecent;
    if (short_of_room && (flooded || judged || !in_earnest)) {
      tracker.drop_summaries();
      --summaries_;
    }
  } else if (!flooded && in_earnest && summaries_ < kMostSummaries) {
    tracker.keep_summaries(settings_.engine.sources, now);
    ++summaries_;
  } else if (!flooded && in_earnest) {
    ++without_summaries_;
  }
}

void Knowledge::forget_idle(Nanoseconds now) {
  refused_.end_window();
  if (now <= next_idle_after_) return;
  next_idle_after_ = kNever;
  trackers_.erase_if([&](const TargetTracker& tracker) {
    if (!tracker.idle(now)) {
      next_idle_after_ = std::min(next_idle_after_, tracker.idle_after());
      return false;
    }
    summaries_ -= tracker.keeps_summaries() ? 1 : 0;
    return true;
  });
}

}  // namespace floodgauge
