// Static limits per class of traffic: what needs no judgement beyond the rate.
#include <optional>

#include "detectors/detector.h"
#include "detectors/one_way_view.h"

namespace floodgauge {
namespace {

struct ClassLimit {
  std::string_view measure;
  Vector vector;
  std::optional<double> Thresholds::*limit;
  double (*count)(const TargetView&);
};

template <Vector V>
double packets_of(const TargetView& view) {
  return static_cast<double>(view.counts.of(V).packets);
}

double ack_packets(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  // Of connections from before, one side is seen first.
  if (view.early && counts.tcp_sent() * 3 >= counts.of(Vector::tcp_ack).packets) return 0;
  // The same where one side is all there is: a second later they are known, or over.
  if (view.early && has_turnover(view)) return 0;
  // Many one-sided streams at once, of which none was seen to begin, are a flood from fixed ports;
  // one is a transfer that began before the capture did.
  constexpr std::uint64_t kManyFlows = 50;
  const std::uint64_t streams =
      counts.flows_active >= kManyFlows ? counts.of(Vector::tcp_stream).packets : 0;
  return static_cast<double>(counts.of(Vector::tcp_ack).packets + streams);
}

/// A pair of tunnel ends speaks both ways, though no flow of theirs does: their source ports stand
/// for what is inside (RFC 7348, section 5).
double udp_packets(const TargetView& view) {
  const std::uint64_t in = view.counts.of(Vector::udp).packets;
  if (view.counts.sent(Vector::udp) * 3 >= in || is_conversing(view)) return 0;
  return static_cast<double>(in);
}

double fragment_packets(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  return static_cast<double>(counts.of(Vector::udp_fragment).packets +
                             counts.of(Vector::fragment).packets);
}

double icmp_packets(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  return static_cast<double>(counts.of(Vector::icmp).packets + counts.of(Vector::icmpv6).packets);
}

double reflection_packets(const TargetView& view) {
  return view.unasked_answers();
}

constexpr ClassLimit kLimits[] = {
    {"tcp_synack_packets", Vector::tcp_synack, &Thresholds::synack, synacks_without_connection},
    {"tcp_ack_packets", Vector::tcp_ack, &Thresholds::ack, ack_packets},
    {"tcp_rst_packets", Vector::tcp_rst, &Thresholds::rst, packets_of<Vector::tcp_rst>},
    {"tcp_fin_packets", Vector::tcp_fin, &Thresholds::fin, packets_of<Vector::tcp_fin>},
    {"tcp_flags_packets", Vector::tcp_flags, &Thresholds::flags, packets_of<Vector::tcp_flags>},
    {"udp_packets", Vector::udp, &Thresholds::udp, udp_packets},
    {"reflection_packets", Vector::reflection_port, &Thresholds::reflection, reflection_packets},
    {"fragment_packets", Vector::fragment, &Thresholds::fragment, fragment_packets},
    {"icmp_packets", Vector::icmp, &Thresholds::icmp, icmp_packets},
    {"gre_packets", Vector::gre, &Thresholds::gre, packets_of<Vector::gre>},
    {"esp_packets", Vector::esp, &Thresholds::esp, packets_of<Vector::esp>},
    {"other_packets", Vector::other, &Thresholds::other, packets_of<Vector::other>},
    {"dns_query_packets", Vector::dns_query, &Thresholds::dns_query, packets_of<Vector::dns_query>},
};

/// Whether what comes is mostly answered: handshakes completed, datagrams answered.
bool mostly_answered(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  if (view.early && counts.tcp_sent() * 3 >= counts.in_total.packets) return true;
  if (view.early && has_turnover(view)) return true;
  return (counts.completions() + counts.answers + counts.sent(Vector::udp)) * 2 >= counts.new_flows;
}

/// Everything but flows in which the target has spoken, or would be seen to if its side were.
Volume one_sided(const TargetView& view) {
  Volume sum = view.counts.one_sided();
  if (!has_turnover(view)) return sum;
  const auto take_off = [&](Vector vector) {
    sum.packets -= view.counts.of(vector).packets;
    sum.bytes -= view.counts.of(vector).bytes;
  };
  take_off(Vector::tcp_oneway);
  if (view.early) {
    take_off(Vector::tcp_ack);
    take_off(Vector::tcp_stream);
  }
  return sum;
}

}  // namespace

void check_limits(const TargetView& view, Verdict& verdict) {
  for (const ClassLimit& row : kLimits) {
    const std::optional<double>& limit = view.limits->*row.limit;
    if (!limit) continue;
    check_rate(view, row.measure, row.vector, row.count(view), *limit, verdict.findings);
  }
  const Volume volume = one_sided(view);
  const Vector largest = Vector::other;
  if (view.limits->packets) {
    check_rate(view, "one_sided_packets", largest, static_cast<double>(volume.packets),
               *view.limits->packets, verdict.findings);
  }
  if (view.limits->bits) {
    check_bits(view, "one_sided_bits", volume, *view.limits->bits, verdict.findings);
  }
  if (view.limits->new_flows && !mostly_answered(view)) {
    check_rate(view, "new_flows", largest, static_cast<double>(view.counts.new_flows),
               *view.limits->new_flows, verdict.findings);
  }
}

}  // namespace floodgauge
