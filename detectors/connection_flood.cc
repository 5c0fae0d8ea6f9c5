// Connection floods: handshakes that complete, after which the client sends nothing.
#include "detectors/detector.h"

namespace floodgauge {
namespace {

/// In ordinary traffic, at least this share of the clients that connect send something soon after.
constexpr double kCrowdSpeaks = 0.5;

}  // namespace

void check_connections(const TargetView& view, Verdict& verdict) {
  const auto connections = static_cast<double>(view.counts.completions());
  Findings found;
  if (!check_rate(view, "connections", Vector::tcp_connection, connections,
                  &Thresholds::connections, found)) {
    return;
  }
  const double speak = static_cast<double>(view.counts.first_payloads) / connections;
  if (speak >= kCrowdSpeaks) {
    view.refuse("a crowd: requests follow the handshakes");
    verdict.left_alone = "a crowd: handshakes completed, and requests follow";
    return;
  }
  found.push_back(
      {Vector::tcp_connection, "requests_per_connection", speak, kCrowdSpeaks, view.seconds});
  verdict.findings.insert(verdict.findings.end(), found.begin(), found.end());
}

}  // namespace floodgauge
