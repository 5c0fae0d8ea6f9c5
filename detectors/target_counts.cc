#include "detectors/target_counts.h"

#include <algorithm>
#include <utility>

namespace floodgauge {
namespace {

constexpr VectorSet kTcpVectors =
    set_of(Vector::tcp_established) | set_of(Vector::tcp_oneway) | set_of(Vector::tcp_stream) |
    set_of(Vector::tcp_syn) | set_of(Vector::tcp_synack) | set_of(Vector::tcp_ack) |
    set_of(Vector::tcp_rst) | set_of(Vector::tcp_fin) | set_of(Vector::tcp_flags) |
    set_of(Vector::tls_hello) | set_of(Vector::http_request);

}  // namespace

VectorCounts::Cell& VectorCounts::cell_for(Vector vector) {
  const std::size_t used = used_.size();
  const bool is_new = !used_.contains(vector);
  if (is_new && all_.empty()) {
    if (used < kFew) {
      const auto at = few_.begin() + static_cast<std::ptrdiff_t>(index_of(vector));
      const auto end = few_.begin() + static_cast<std::ptrdiff_t>(used);
      std::move_backward(at, end, end + 1);
      *at = {};
    } else {
      std::vector<Cell> all(kVectors);
      for_each([&](Vector of, Volume in, std::uint64_t out) {
        all[static_cast<std::size_t>(of)] = {in, out};
      });
      all_ = std::move(all);
    }
  }
  used_ |= set_of(vector);
  return all_.empty() ? few_[index_of(vector)] : all_[index_of(vector)];
}

void VectorCounts::take_off(Vector vector, Volume in) {
  if (!used_.contains(vector)) return;
  Volume& known = (all_.empty() ? few_[index_of(vector)] : all_[index_of(vector)]).in;
  known.packets -= std::min(known.packets, in.packets);
  known.bytes -= std::min(known.bytes, in.bytes);
}

void VectorCounts::add(const VectorCounts& other) {
  other.for_each([this](Vector vector, Volume in, std::uint64_t out) { add(vector, in, out); });
}

Volume VectorCounts::in_of(VectorSet vectors) const {
  Volume sum;
  for_each_of(vectors, [&](Vector, Volume in, std::uint64_t) { sum += in; });
  return sum;
}

std::uint64_t VectorCounts::out_of(VectorSet vectors) const {
  std::uint64_t sum = 0;
  for_each_of(vectors, [&](Vector, Volume, std::uint64_t out) { sum += out; });
  return sum;
}

void TargetCounts::add(const HostRecord& host) {
  host.for_each_cell([&](const Cell& cell) {
    const Volume volume{cell.packets, cell.bytes};
    if (cell.outbound) {
      out_total += volume;
      vectors.add(cell.vector, {}, cell.packets);
    } else {
      vectors.add(cell.vector, volume);
      in_total += volume;
    }
  });
  flows_active += host.flows_active;
  const HostEvents& events = host.events();
  new_flows += events.new_flows;
  handshakes += events.handshakes;
  syn_answered += events.syn_answered;
  progressed += events.progressed;
  first_payloads += events.first_payloads;
  answers += events.answers;
  extra_requests += host.extra_requests();
  repeated_syns += events.repeated_syns;
}

void TargetCounts::add_mirrored(const HostRecord& host, Vector service) {
  host.for_each_cell([&](const Cell& cell) {
    const Volume volume{cell.packets, cell.bytes};
    if (!cell.outbound) {
      out_total += volume;
      vectors.add(cell.vector, {}, cell.packets);
    } else if (!cell.aside && !is_reflection(cell.vector)) {
      vectors.add(cell.vector, volume);
      in_total += volume;
    }
  });
  const HostSent& sent = host.sent();
  if (is_reflection(service)) {
    const Volume volume{sent.reflected, sent.reflected_bytes};
    vectors.add(service, volume);
    in_total += volume;
  }
  new_flows += sent.new_flows;
  syn_answered += sent.syn_answered;
}

void TargetCounts::add_sent(const UnansweredSenders::Count& sent) {
  if (sent.udp != 0) vectors.add(Vector::udp, {}, sent.udp);
  if (sent.tcp != 0) vectors.add(Vector::tcp_ack, {}, sent.tcp);
}

void TargetCounts::take_off(Vector vector, Volume volume) {
  vectors.take_off(vector, volume);
  in_total.packets -= std::min(in_total.packets, volume.packets);
  in_total.bytes -= std::min(in_total.bytes, volume.bytes);
  new_flows -= std::min(new_flows, volume.packets);
  flows_active -= std::min(flows_active, volume.packets);
}

std::uint64_t TargetCounts::tcp_in() const {
  return vectors.in_of(kTcpVectors).packets;
}

std::uint64_t TargetCounts::tcp_sent() const {
  return vectors.out_of(kTcpVectors);
}

void TargetCounts::add(const TargetCounts& other) {
  vectors.add(other.vectors);
  in_total += other.in_total;
  out_total += other.out_total;
  new_flows += other.new_flows;
  flows_active += other.flows_active;
  handshakes += other.handshakes;
  syn_answered += other.syn_answered;
  progressed += other.progressed;
  first_payloads += other.first_payloads;
  answers += other.answers;
  extra_requests += other.extra_requests;
  repeated_syns += other.repeated_syns;
}

TargetCounts TargetCounts::without(const VectorSet& left_out) const {
  TargetCounts rest = *this;
  rest.vectors = {};
  Volume taken;
  vectors.for_each([&](Vector vector, Volume in, std::uint64_t out) {
    if (left_out.contains(vector)) taken += std::exchange(in, {});
    if (in.packets != 0 || out != 0) rest.vectors.add(vector, in, out);
  });
  rest.in_total.packets -= taken.packets;
  rest.in_total.bytes -= taken.bytes;
  rest.new_flows -= std::min(rest.new_flows, taken.packets);
  rest.flows_active -= std::min(rest.flows_active, taken.packets);
  return rest;
}

Volume TargetCounts::of(TrafficClass traffic_class) const {
  return vectors.in_of(attack_vectors(traffic_class));
}

Volume TargetCounts::attack() const {
  return vectors.in_of(attack_vectors());
}

Volume TargetCounts::one_sided() const {
  Volume sum = attack();
  // Requests have limits of their own, whether they are answered or not.
  for (const Vector request :
       {Vector::dns_query, Vector::http_request, Vector::tls_hello, Vector::quic_initial}) {
    sum.packets -= of(request).packets;
    sum.bytes -= of(request).bytes;
  }
  sum += of(Vector::tcp_oneway);
  sum += of(Vector::tcp_stream);
  return sum;
}

}  // namespace floodgauge
