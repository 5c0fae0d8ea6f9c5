// Floods below the limits that show by their shape alone: packets of many sources, which the target
// does not answer.
#include "detectors/detector.h"
#include "detectors/one_way_view.h"
#include "detectors/outage.h"

namespace floodgauge {
namespace {

/// The least of a flood, over a period.
constexpr double kPackets = 500;
constexpr double kPerSecond = 100;
constexpr double kSources = 100;
/// From this rate on, ICMP is a flood whatever the number of sources: monitoring does not ping a
/// host so often.
constexpr double kIcmpPerSecond = 1000;

constexpr Vector kVectorsLooked[] = {
    Vector::tcp_synack, Vector::tcp_ack, Vector::tcp_rst, Vector::tcp_fin, Vector::tcp_flags,
    Vector::udp,        Vector::gre,     Vector::esp,     Vector::other,   Vector::udp_fragment,
    Vector::fragment,   Vector::icmp,    Vector::icmpv6,
};

/// True when the target answers at least half of the packets, or sends at least half as many
/// itself: in a sample of all packets, few questions are seen together with their answers.
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
      // Connection attempts of the target are refused. In a sample of all packets, the attempts
      // that are seen are not those whose refusal is seen.
      return (counts.sent(Vector::tcp_syn) + counts.sent(Vector::tcp_ack)) * 2 >= packets;
    default:
      return false;
  }
}

/// True when packets belong to no service. Some services never answer (telemetry, logs), and the
/// answers of others take another way: these have long flows, or one port. So at a modest rate,
/// only packets that belong to no lasting flow and go to any port are a flood.
bool is_noise(const TargetView& view, Vector vector) {
  const bool refusal = vector == Vector::tcp_rst || vector == Vector::tcp_synack;
  if (refusal && is_unseen(view.counts)) return !from_few_networks(*view.summary);
  if (vector == Vector::tcp_ack) return !is_download(view) && !is_sampled_use(view);
  if (vector != Vector::udp) return true;
  const auto ports = view.summary->destination_ports.top(1);
  const bool one_port = !ports.empty() && ports.front().packets * 2 >= view.summary->packets;
  return !one_port && view.counts.new_flows * 2 >= view.counts.of(vector).packets;
}

/// Why packets that are not answered are no flood; empty when they are one.
std::string_view why_ordinary(const TargetView& view, Vector vector, bool spread) {
  if (!spread) return "they come from few sources, or are less than half of all packets";
  if (has_ports(vector) && is_shared_scan(*view.summary)) return "a scan that is shared out";
  if (is_answered(view.counts, vector)) return "the target answers at least half of them";
  if (!is_noise(view, vector)) return "they belong to a service: one port, or lasting flows";
  return "";
}

}  // namespace

void check_one_sided_period(const TargetView& view, Verdict& verdict) {
  if (view.summary == nullptr || view.whole_prefix) return;
  const auto in = static_cast<double>(view.counts.in_total.packets);
  for (const Vector vector : kVectorsLooked) {
    const auto packets = static_cast<double>(view.counts.of(vector).packets);
    if (packets == 0) continue;
    if (!view.at_least("packets", vector, packets, kPackets * view.scale)) continue;
    const double least = kPerSecond * view.scale;
    if (!view.at_least("packets_per_second", vector, packets / view.seconds, least)) continue;
    const bool icmp = vector == Vector::icmp || vector == Vector::icmpv6;
    const bool spread = packets * 2 >= in && view.summary->sources.estimate() >= kSources;
    // Replies to what the target asks are none.
    const double asked = icmp ? static_cast<double>(view.counts.pings_sent) : 0;
    const bool hammered = icmp && (packets - asked) / view.seconds >= kIcmpPerSecond * view.scale;
    const std::string_view why = hammered ? "" : why_ordinary(view, vector, spread);
    if (!why.empty()) {
      view.refuse(why);
      continue;
    }
    verdict.findings.push_back({vector, std::string(info(vector).name) + "_packets_per_second",
                                packets / view.seconds, kPerSecond, view.seconds});
  }
}

}  // namespace floodgauge
