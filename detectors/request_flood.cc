// Request floods: more HTTP requests, TLS hellos or QUIC initials than a crowd of people sends. A
// crowd is many clients with a few requests each, which are answered. A flood is few clients with
// many requests each, or requests that are not answered.
#include <algorithm>

#include "detectors/detector.h"

namespace floodgauge {
namespace {

struct RequestKind {
  std::string_view measure;
  Vector vector;
  LimitMember limit;
  /// Packets that a client sends beside each request when it is served: at least acknowledgements;
  /// after a TLS hello, also the rest of the handshake and a request.
  double served;
};

constexpr RequestKind kKinds[] = {
    {"http_requests", Vector::http_request, &Thresholds::http_request, 1},
    {"tls_hellos", Vector::tls_hello, &Thresholds::tls_hello, 3},
    {"quic_initials", Vector::quic_initial, &Thresholds::quic_initial, 1},
};

/// Requests that one person's client sends within 100 ms at most; more in a longer time.
constexpr double kPersonSends = 1.5;

double sources_of(const TargetView& view) {
  return view.summary == nullptr ? 1 : view.summary->sources.estimate();
}

/// Whether each client sends more than a person's. Of a window shorter than 100 ms, what they send
/// in 100 ms is estimated.
bool are_few_clients(const TargetView& view, double requests) {
  const double sources = sources_of(view);
  if (view.seconds >= kUsualWindow) {
    return requests / sources > std::max(kPersonSends, kPersonSendsPerSecond * view.seconds);
  }
  const double clients = active_within(kUsualWindow, requests, sources, view.seconds);
  return view.in_usual_window(requests) > kPersonSends * clients;
}

/// A segment may hold many HTTP requests. QUIC Initials are counted by connection
/// (engine/count/request_stage.h).
double requests_of(const TargetCounts& counts, Vector vector) {
  const std::uint64_t extra = vector == Vector::http_request ? counts.extra_requests : 0;
  return static_cast<double>(counts.of(vector).packets + extra);
}

/// Packets of established flows: what else the clients send that are served.
double served(const TargetView& view, Vector vector) {
  const Vector followed =
      vector == Vector::quic_initial ? Vector::udp_answered : Vector::tcp_established;
  return static_cast<double>(view.counts.of(followed).packets);
}

}  // namespace

void check_requests(const TargetView& view, Verdict& verdict) {
  for (const RequestKind& kind : kKinds) {
    const double requests = requests_of(view.counts, kind.vector);
    Findings found;
    if (!check_rate(view, kind.measure, kind.vector, requests, kind.limit, found)) continue;
    const bool few_clients = are_few_clients(view, requests);
    const bool unserved = served(view, kind.vector) < requests * kind.served;
    if (!few_clients && !unserved && view.scale >= 1) {
      view.refuse("a crowd: many clients, a few requests each, answered");
      verdict.left_alone = "a crowd: many clients, a few requests each, and they are answered";
      continue;
    }
    verdict.findings.insert(verdict.findings.end(), found.begin(), found.end());
  }
}

}  // namespace floodgauge
