// SYN floods: many SYNs of which few become connections. The rate alone does not tell a flood from
// a crowd; the share of handshakes completed does (Wang, Zhang and Shin, "Detecting SYN flooding
// attacks", INFOCOM 2002, compare SYNs with FINs for the same reason).
#include <algorithm>

#include "detectors/detector.h"

namespace floodgauge {
namespace {

/// At least this share of SYNs completed within the same window is a crowd, not a flood: spoofed
/// sources complete none, and a round trip delays only the last of a crowd.
constexpr double kCrowdCompletes = 0.3;
/// Below the limit of a window, a flood is told by its sources and by what becomes of its SYNs.
constexpr double kPeriodSyn = 150;
constexpr double kPeriodSynPerSecond = 50;
constexpr double kPeriodCompletes = 0.1;
constexpr double kPeriodSources = 50;

double completed_share(const TargetCounts& counts, double syn) {
  return syn > 0 ? std::min(1.0, static_cast<double>(counts.completions()) / syn) : 1;
}

/// One host that tries many doors is a scan; others' stray packets beside it are no flood's
/// sources.
bool one_scanner(const TargetSummary& summary, double syn) {
  const auto top = summary.top_sources.top(1);
  return !top.empty() && static_cast<double>(top.front().packets) * 4 > syn;
}

}  // namespace

void check_syn(const TargetView& view, Verdict& verdict) {
  if (!view.limits->syn) return;
  const auto syn = static_cast<double>(view.counts.of(Vector::tcp_syn).packets);
  Findings found;
  if (!check_rate(view, "tcp_syn_packets", Vector::tcp_syn, syn, *view.limits->syn, found)) return;
  const double completed = completed_share(view.counts, syn);
  if (completed >= kCrowdCompletes) {
    verdict.left_alone = "a crowd: " + std::to_string(static_cast<int>(completed * 100)) +
                         " % of handshakes completed";
    return;
  }
  found.push_back(
      {Vector::tcp_syn, "handshakes_completed_per_syn", completed, kCrowdCompletes, view.seconds});
  verdict.findings.insert(verdict.findings.end(), found.begin(), found.end());
}

void check_syn_period(const TargetView& view, Verdict& verdict) {
  if (view.summary == nullptr || view.whole_prefix) return;
  const auto syn = static_cast<double>(view.counts.of(Vector::tcp_syn).packets);
  // In a sample of all packets, connections show few of their handshakes: SYNs are the lesser part.
  if (syn * 2 < static_cast<double>(view.counts.tcp_in())) return;
  const double completed = completed_share(view.counts, syn);
  const double sources = view.summary->sources.estimate();
  if (syn < kPeriodSyn * view.scale || syn / view.seconds < kPeriodSynPerSecond * view.scale ||
      completed > kPeriodCompletes || sources < kPeriodSources || one_scanner(*view.summary, syn)) {
    return;
  }
  verdict.findings.push_back(
      {Vector::tcp_syn, "handshakes_completed_per_syn", completed, kPeriodCompletes, view.seconds});
  verdict.findings.push_back({Vector::tcp_syn, "tcp_syn_packets_per_second", syn / view.seconds,
                              kPeriodSynPerSecond, view.seconds});
}

}  // namespace floodgauge
