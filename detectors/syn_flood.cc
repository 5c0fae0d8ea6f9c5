// SYN floods: many SYNs, few of which become connections. The rate alone does not tell a flood from
// a crowd of clients; the share of handshakes completed does (Wang, Zhang and Shin, "Detecting SYN
// flooding attacks", INFOCOM 2002, compare SYNs with FINs for the same reason).
#include <algorithm>

#include "detectors/detector.h"
#include "detectors/outage.h"

namespace floodgauge {
namespace {

/// When at least this share of the SYNs of a window is completed in the window, they come from a
/// crowd: spoofed sources complete none, and a round trip delays only the last ones of a crowd.
constexpr double kCrowdCompletes = 0.3;
/// In a window shorter than this, handshakes of clients that come together are not complete yet.
/// The rate has to last for this long then.
constexpr Nanoseconds kRoundTripOfMost = milliseconds(100);
/// A flood below the limit of a window is found over a period, by its number of sources and by the
/// share of its SYNs that is completed.
constexpr double kPeriodSyn = 150;
constexpr double kPeriodSynPerSecond = 50;
constexpr double kPeriodCompletes = 0.1;
constexpr double kPeriodSources = 50;

double completed_share(const TargetCounts& counts, double syn) {
  return syn > 0 ? std::min(1.0, static_cast<double>(counts.completions()) / syn) : 1;
}

/// Whether the SYNs of a short window have been above the limit for less than a round trip.
bool began_a_moment_ago(const TargetView& view) {
  if (view.tracker == nullptr || view.scale < 1) return false;
  const double before = view.seconds_above(*view.limits->syn, kRoundTripOfMost);
  // Windows that are added up are a little shorter or longer than their sum.
  constexpr double kRounding = 1e-6;
  return before + std::max(view.seconds, view.window) < kRoundTripOfMost.seconds() - kRounding;
}

/// True when one source sent more than a quarter of the SYNs: a scan by one host, beside which
/// there are stray packets of others.
bool one_scanner(const TargetSummary& summary, double syn) {
  const auto top = summary.top_sources.top(1);
  return !top.empty() && static_cast<double>(top.front().packets) * 4 > syn;
}

}  // namespace

void check_syn(const TargetView& view, Verdict& verdict) {
  const auto syn = static_cast<double>(view.counts.of(Vector::tcp_syn).packets);
  Findings found;
  if (!check_rate(view, "tcp_syn_packets", Vector::tcp_syn, syn, &Thresholds::syn, found)) return;
  const double completed = completed_share(view.counts, syn);
  if (completed >= kCrowdCompletes) {
    view.refuse("a crowd: handshakes are completed");
    verdict.left_alone = "a crowd: " + std::to_string(static_cast<int>(completed * 100)) +
                         " % of handshakes completed";
    return;
  }
  if (began_a_moment_ago(view)) {
    view.refuse("it began a moment ago: its handshakes cannot be complete");
    return;
  }
  if (is_outage(view)) {
    view.refuse("an outage: the usual clients try again");
    verdict.left_alone = "an outage: the usual clients try again, and nobody answers";
    return;
  }
  found.push_back(
      {Vector::tcp_syn, "handshakes_completed_per_syn", completed, kCrowdCompletes, view.seconds});
  verdict.findings.insert(verdict.findings.end(), found.begin(), found.end());
}

void check_syn_period(const TargetView& view, Verdict& verdict) {
  if (view.summary == nullptr || view.whole_prefix) return;
  constexpr Vector kSyn = Vector::tcp_syn;
  const auto syn = static_cast<double>(view.counts.of(Vector::tcp_syn).packets);
  // In a capture that is a sample of all packets, most handshakes of ordinary connections are not
  // seen to complete. Their SYNs are then less than half of the segments.
  if (!view.at_least("tcp_syn_packets", kSyn, syn, kPeriodSyn * view.scale)) return;
  if (!view.at_least("tcp_syn_packets_per_second", kSyn, syn / view.seconds,
                     kPeriodSynPerSecond * view.scale)) {
    return;
  }
  if (syn * 2 < static_cast<double>(view.counts.tcp_in())) {
    view.refuse("most segments are of connections");
    return;
  }
  // Of clients that have come together a moment ago, no handshake can be complete yet.
  constexpr Nanoseconds kRoundTrip = milliseconds(200);
  if (view.attack_before(kRoundTrip) * 2 >= syn) {
    view.refuse("half of it came a moment ago: its handshakes cannot be complete");
    return;
  }
  const double completed = completed_share(view.counts, syn);
  if (!view.at_most("handshakes_completed_per_syn", kSyn, completed, kPeriodCompletes)) return;
  const double sources = view.summary->sources.estimate();
  if (!view.at_least("sources", kSyn, sources, kPeriodSources)) return;
  if (one_scanner(*view.summary, syn)) return view.refuse("one source sends over a quarter");
  if (is_outage(view)) return view.refuse("an outage: the usual clients try again");
  if (is_shared_scan(*view.summary)) return view.refuse("a scan that is shared out");
  verdict.findings.push_back(
      {Vector::tcp_syn, "handshakes_completed_per_syn", completed, kPeriodCompletes, view.seconds});
  verdict.findings.push_back({Vector::tcp_syn, "tcp_syn_packets_per_second", syn / view.seconds,
                              kPeriodSynPerSecond, view.seconds});
}

}  // namespace floodgauge
