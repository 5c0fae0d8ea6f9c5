#include "detectors/outage.h"

#include <algorithm>

#include "detectors/detector.h"

namespace floodgauge {
namespace {

/// A second counts as served when at least this share of its connections is completed, or when the
/// target sends at least so many segments for each SYN, which is what a sample of all packets
/// shows.
constexpr double kServed = 0.5;
constexpr double kSegmentsEach = 2;
/// The served rate falls to a half in about 70 s of fewer connections.
constexpr double kFade = 0.99;

/// New flows of an outage, at most so many times the served rate, and as many more when most flows
/// repeat their SYN: whoever gets no answer opens another connection too.
constexpr double kUsual = 1.5;
constexpr double kUsualTryingAgain = 3;
/// In a sample of all packets, a repeated SYN looks like a new flow. There, and at rates below the
/// limit of a window, so many SYNs for each served connection are no flood.
constexpr double kRepeated = 5;
/// Flows a second beyond that: small rates vary.
constexpr double kVaries = 20;
/// The share of new flows that is repeated in an outage.
constexpr double kTryAgain = 0.5;

/// A shared scan: packets of each source at least, and distinct ports for each packet.
constexpr double kTriesOfSource = 3;
constexpr double kPortsEach = 0.5;

}  // namespace

double fresh_syns(const TargetCounts& counts) {
  const std::uint64_t syns = counts.of(Vector::tcp_syn).packets;
  return static_cast<double>(syns - std::min(syns, counts.repeated_syns));
}

void ServedRate::learn(const TargetCounts& counts, double seconds) {
  const double fresh = fresh_syns(counts);
  if (fresh <= 0) return;
  const bool completed = static_cast<double>(counts.completions()) >= kServed * fresh;
  const bool speaks = static_cast<double>(counts.tcp_sent()) >= kSegmentsEach * fresh;
  if (!completed && !speaks) return;
  rate_ = std::max(rate_ * kFade, fresh / seconds);
  sampled_ = !completed;
}

bool is_outage(const TargetView& view) {
  const double fresh = fresh_syns(view.counts) / view.seconds;
  const double repeated = static_cast<double>(view.counts.repeated_syns) / view.seconds;
  const bool again = repeated >= kTryAgain * fresh;
  if (view.served == 0) return false;
  const double usual = (again ? kUsualTryingAgain : kUsual) * view.served + kVaries;
  if (fresh <= usual) return true;
  const double most = kRepeated * view.served + kVaries;
  const double limit = view.limits->syn.value_or(0) * view.scale;
  return fresh + repeated <= (view.served_sampled ? most : std::min(limit, most));
}

bool is_shared_scan(const TargetSummary& summary) {
  const auto packets = static_cast<double>(summary.packets);
  const double sources = summary.sources.estimate();
  const auto ports = static_cast<double>(summary.destination_ports.distinct());
  return sources >= 1 && packets >= kTriesOfSource * sources && ports >= kPortsEach * packets;
}

}  // namespace floodgauge
