// Floods below the limits that show by their shape alone: many sources, none of which the target
// answers.
#include "detectors/detector.h"
#include "detectors/one_way_view.h"

namespace floodgauge {
namespace {

constexpr double kPackets = 500;
constexpr double kPerSecond = 100;
constexpr double kSources = 100;
/// ICMP needs no spread: nobody is pinged so often by a well-meaning host.
constexpr double kIcmpPerSecond = 1000;

constexpr Vector kVectorsLooked[] = {
    Vector::tcp_synack, Vector::tcp_ack, Vector::tcp_rst, Vector::tcp_fin, Vector::tcp_flags,
    Vector::udp,        Vector::gre,     Vector::esp,     Vector::other,   Vector::udp_fragment,
    Vector::fragment,   Vector::icmp,    Vector::icmpv6,
};

/// Whether the target answers at least half of what comes, or speaks as much itself: in a sample of
/// all packets few questions are seen with their answers.
bool is_answered(const TargetCounts& counts, Vector vector) {
  const std::uint64_t packets = counts.of(vector).packets;
  switch (vector) {
    case Vector::udp:
      return (counts.answers + counts.sent(Vector::udp)) * 2 >= packets;
    case Vector::icmp:
    case Vector::icmpv6:
      return counts.sent(vector) * 2 >= packets;
    case Vector::tcp_synack:
    case Vector::tcp_ack:
    case Vector::tcp_fin:
      return counts.tcp_sent() * 2 >= packets;
    case Vector::tcp_rst:
      // Whoever knocks is refused: in a sample of all packets, other knocks are seen than refusals.
      return (counts.sent(Vector::tcp_syn) + counts.sent(Vector::tcp_ack)) * 2 >= packets;
    default:
      return false;
  }
}

/// Services to which many send and which answer nobody (telemetry, logs), or whose answers take
/// another way, have long flows, or one port. At a modest rate only noise is a flood: packets of no
/// flow, to any port.
bool is_noise(const TargetView& view, Vector vector) {
  const bool refusal = vector == Vector::tcp_rst || vector == Vector::tcp_synack;
  if (refusal && is_unseen(view.counts)) return !from_few_networks(*view.summary);
  if (vector == Vector::tcp_ack) return !is_download(view) && !is_sampled_use(view);
  if (vector != Vector::udp) return true;
  const auto ports = view.summary->destination_ports.top(1);
  const bool one_port = !ports.empty() && ports.front().packets * 2 >= view.summary->packets;
  return !one_port && view.counts.new_flows * 2 >= view.counts.of(vector).packets;
}

}  // namespace

void check_one_sided_period(const TargetView& view, Verdict& verdict) {
  if (view.summary == nullptr || view.whole_prefix) return;
  const auto in = static_cast<double>(view.counts.in_total.packets);
  for (const Vector vector : kVectorsLooked) {
    const auto packets = static_cast<double>(view.counts.of(vector).packets);
    if (packets < kPackets * view.scale || packets / view.seconds < kPerSecond * view.scale)
      continue;
    const bool icmp = vector == Vector::icmp || vector == Vector::icmpv6;
    const bool spread = packets * 2 >= in && view.summary->sources.estimate() >= kSources;
    const bool hammered = icmp && packets / view.seconds >= kIcmpPerSecond * view.scale;
    if (!spread && !hammered) continue;
    if (!hammered && (is_answered(view.counts, vector) || !is_noise(view, vector))) continue;
    verdict.findings.push_back({vector, std::string(info(vector).name) + "_packets_per_second",
                                packets / view.seconds, kPerSecond, view.seconds});
  }
}

}  // namespace floodgauge
