// Static limits for each class of traffic, and for all one-sided traffic together.
#include <algorithm>
#include <optional>

#include "detectors/detector.h"
#include "detectors/one_way_view.h"
#include "detectors/service_answers.h"

namespace floodgauge {
namespace {

struct ClassLimit {
  std::string_view measure;
  Vector vector;
  LimitMember limit;
  double (*count)(const TargetView&);
};

template <Vector V>
double packets_of(const TargetView& view) {
  return static_cast<double>(view.counts.of(V).packets);
}

/// With so many flows that are active within 100 ms, a target is not busy with a few transfers
/// alone.
constexpr double kManyFlows = 50;

/// One to three flows that go on and on: a transfer whose acknowledgements take another way, as
/// when a route changes within a connection. It is left to the limits of all packets and bits.
bool is_one_transfer(const TargetView& view) {
  constexpr std::size_t kFlows = 3;
  return view.summary != nullptr && view.usual_flows() < kManyFlows &&
         view.summary->sources.estimate() < kFlows + 0.5 &&
         view.summary->source_ports.top(kFlows + 1).size() <= kFlows;
}

double ack_packets(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  // Many one-sided streams at once whose begin was not seen are a flood from fixed ports. A single
  // one is a transfer that began before the capture.
  const std::uint64_t streams =
      view.usual_flows() >= kManyFlows ? counts.of(Vector::tcp_stream).packets : 0;
  const std::uint64_t segments = counts.of(Vector::tcp_ack).packets + streams;
  if (segments == 0) return 0;
  // A connection that began before the first window is at first seen from one side only.
  if (view.early && counts.tcp_sent() * 3 >= counts.of(Vector::tcp_ack).packets) {
    return view.none_counts("connections that began before the first window");
  }
  // The same where only one side is visible: after a second, these connections are known or over.
  if (view.early && has_turnover(view)) {
    return view.none_counts("connections that began before the first window, one side seen");
  }
  if (is_one_transfer(view)) return view.none_counts("one to three transfers, one side seen");
  return static_cast<double>(segments);
}

/// True at the moment in which many clients of a service over UDP begin at once, as when a game
/// starts: the first datagrams of each are there before its answers, which most of them get. A
/// flood goes on for longer.
bool is_beginning(const TargetView& view) {
  constexpr double kSeconds = 0.25;
  const TargetCounts& counts = view.counts;
  const std::uint64_t first = counts.of(Vector::udp).packets;
  if (view.tracker == nullptr || !view.limits->udp) return false;
  if (counts.answers * 2 < first || counts.of(Vector::udp_answered).packets * 4 < first)
    return false;
  return view.seconds_above(*view.limits->udp, whole_seconds(1)) < kSeconds;
}

/// Between the two ends of a VXLAN tunnel packets go both ways, but not within one flow: the source
/// port is a hash of the inner packet (RFC 7348, section 5).
double udp_packets(const TargetView& view) {
  const std::uint64_t in = view.counts.of(Vector::udp).packets;
  if (in == 0) return 0;
  if (view.counts.sent(Vector::udp) * 3 >= in) {
    return view.none_counts("the target sends a third as many itself");
  }
  if (is_conversing(view)) return view.none_counts("conversations, one side seen");
  if (is_beginning(view)) return view.none_counts("clients that begin at once and are answered");
  if (is_quic_download(view)) return view.none_counts("a download over HTTP/3, one side seen");
  return static_cast<double>(in);
}

double fragment_packets(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  return static_cast<double>(counts.of(Vector::udp_fragment).packets +
                             counts.of(Vector::fragment).packets);
}

double icmp_packets(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  const std::uint64_t in = counts.of(Vector::icmp).packets + counts.of(Vector::icmpv6).packets;
  // Replies to what the target asks are none.
  return static_cast<double>(in - std::min(in, counts.pings_sent));
}

/// Answers from the ports of known services, and from one port of an unknown one.
double reflection_packets(const TargetView& view) {
  const double known = is_one_conversation(view)
                           ? view.none_counts("answers of one or two servers, one side seen")
                           : view.unasked_answers();
  return known + static_cast<double>(answers_of_one_port(view));
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

/// True when at least half of the new flows are answered: handshakes completed, datagrams answered.
bool mostly_answered(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  if (view.early && counts.tcp_sent() * 3 >= counts.in_total.packets) return true;
  if (view.early && has_turnover(view)) return true;
  return (counts.completions() + counts.answers + counts.sent(Vector::udp)) * 2 >= counts.new_flows;
}

/// All packets except those of flows in which the target has sent something or, where its side is
/// not visible, would be seen to have.
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
    if (!(view.limits->*row.limit)) continue;
    check_rate(view, row.measure, row.vector, row.count(view), row.limit, verdict.findings);
  }
  const Volume volume = one_sided(view);
  const Vector largest = Vector::other;
  check_rate(view, "one_sided_packets", largest, static_cast<double>(volume.packets),
             &Thresholds::packets, verdict.findings);
  check_bits(view, "one_sided_bits", volume, &Thresholds::bits, verdict.findings);
  const double flows = view.counts.new_flows != 0 && mostly_answered(view)
                           ? view.none_counts("at least half of the new flows are answered")
                           : static_cast<double>(view.counts.new_flows);
  check_rate(view, "new_flows", largest, flows, &Thresholds::new_flows, verdict.findings);
}

}  // namespace floodgauge
