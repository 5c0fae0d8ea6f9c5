#include "detectors/outbound_detection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "config/threshold_table.h"
#include "detectors/host_candidates.h"
#include "detectors/judge.h"

namespace floodgauge {
namespace {

/// A host is looked at from this share of its least limit on, and from so many packets on.
constexpr double kWorthLooking = 0.1;
constexpr double kLeastLooked = 3;
/// Packets to a prefix count as seen lately for about so many seconds.
constexpr double kInboundMemory = 10;
/// Packets to a prefix that show that its inbound side is visible.
constexpr double kInboundSeen = 3;

}  // namespace

void OutboundDetection::on_window(const NetworkWindow& window, const WindowProbes& scans) {
  if (!first_start_) first_start_ = window.start;
  note_inbound(window);
  for (auto at = window.hosts().begin(); at != window.hosts().end(); ++at) {
    if (!(*at).sends()) continue;
    const auto number = static_cast<std::uint32_t>(at.number());
    judge(window, number, scans.share_of(number, Direction::out));
  }
  note_silence(window.start);
  close_seconds(window.end);
}

void OutboundDetection::note_inbound(const NetworkWindow& window) {
  const double kept = std::exp(-window.seconds() / kInboundMemory);
  for (auto& [prefix, inbound] : inbound_) inbound.packets *= kept;
  std::erase_if(inbound_, [](const auto& item) { return item.second.packets < 0.1; });
  for (const PrefixWindow& prefix : window.prefixes) {
    if (prefix.total_in.packets == 0) continue;
    inbound_[prefix.prefix].packets += static_cast<double>(prefix.total_in.packets);
  }
}

/// The suspicious packets in a window from which a host is looked at.
double OutboundDetection::least_suspicious(std::uint32_t prefix, double seconds) const {
  const Thresholds& limits = profiles_.of(prefix).outbound;
  double least = std::numeric_limits<double>::max();
  for (const ThresholdRow& row : kThresholdTable) {
    if (row.kind != RateKind::bits) least = std::min(least, (limits.*row.member).value_or(least));
  }
  // One packet has at most about 12,000 bits; of larger ones fewer are looked at.
  if (limits.bits) least = std::min(least, *limits.bits / 12e3);
  return std::max(kLeastLooked, kWorthLooking * least * seconds);
}

TargetTracker* OutboundDetection::tracker_of(const IpPrefix& address, const HostRecord& host,
                                             Nanoseconds now) {
  TargetTracker* tracker = trackers_.find(address);
  if (tracker != nullptr) return tracker;
  if (trackers_.size() >= kMostTrackers) return nullptr;
  tracker = &trackers_.add(address, now, host.prefix);
  if (summaries_ < kMostSummaries) {
    tracker->keep_summaries(settings_.engine.sources);
    ++summaries_;
  }
  return tracker;
}

void OutboundDetection::judge(const NetworkWindow& window, std::uint32_t number,
                              const ScanShare* scan) {
  const HostRecord& host = window.hosts()[number];
  const HostSent& sent = host.sent();
  const double seconds = window.seconds();
  const IpPrefix address = IpPrefix::host(host.address);
  const bool open = book_.flood_of(address, Direction::out) != nullptr;
  const double packets = static_cast<double>(sent.suspicious) + sent.reflected;
  const double least = least_suspicious(host.prefix, seconds);
  if (packets < least && !open && trackers_.find(address) == nullptr) return;
  TargetTracker* const tracker = tracker_of(address, host, window.start);
  if (tracker == nullptr) return;
  std::optional<SourcesByGroup> receivers;
  if (tracker->keeps_summaries()) {
    window.add_detail(std::span(&number, 1), receivers.emplace(settings_.engine.sources),
                      Direction::out);
  }
  const Vector service = reflecting_service({sent.reflected, sent.reflected_bytes}, least,
                                            receivers ? &receivers->all() : nullptr);
  KnownTarget known{
      .target = {.address = address, .prefix = host.prefix, .direction = Direction::out},
      .tracker = tracker,
      .counts = {},
      .sources = std::move(receivers)};
  known.counts.add_mirrored(host, service);
  const Thresholds& limits = profiles_.of(host.prefix).outbound;
  if (scan != nullptr) scan->set_aside(known.counts, limits.packets.value_or(0) * seconds);
  tracker->add(known.counts, window.start, seconds);
  const auto inbound = inbound_.find(host.prefix);
  Trace& trace = explainer_.begin();
  trace.begin("outbound");
  const SenderView view{
      .view = {.counts = known.counts,
               .seconds = seconds,
               .summary = known.sources ? &known.sources->all() : nullptr,
               .limits = &limits,
               .scale = open ? kCloseScale : 1,
               .whole_prefix = false,
               .early = window.start - *first_start_ < Judge::kEarly,
               .trace = &trace},
      .inbound_seen = inbound != inbound_.end() && inbound->second.packets >= kInboundSeen};
  Verdict verdict;
  check_sender(view, verdict);
  explainer_.take(address, {.over = Look::Over::sent,
                            .start = window.start,
                            .seconds = seconds,
                            .flood_open = open,
                            .found = !verdict.findings.empty(),
                            .left_alone = verdict.left_alone,
                            .rows = {}});
  floods_.take_window(window, known, verdict.findings);
  tracker->keep(std::move(known.sources), floods_.is_followed(address, Direction::out));
}

/// Shows open floods without packets in this window as they are now.
void OutboundDetection::note_silence(Nanoseconds now) {
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first != IncidentKind::flood || key.direction != Direction::out) continue;
    if (ongoing->incident().current_pps == 0) continue;
    const TargetTracker* const tracker = trackers_.find(key.second);
    if (tracker != nullptr && !tracker->since(now).empty()) continue;
    ongoing->add_nothing();
    ongoing->note_rate(0);
  }
}

void OutboundDetection::close_seconds(Nanoseconds now) {
  for (auto& [address, tracker] : trackers_) {
    if (!tracker->second_is_over(now)) continue;
    tracker->close_second(now, book_.flood_of(address, Direction::out) != nullptr);
  }
  trackers_.erase_if([&](const TargetTracker& tracker) {
    if (!tracker.idle(now)) return false;
    summaries_ -= tracker.keeps_summaries() ? 1 : 0;
    return true;
  });
}

}  // namespace floodgauge
