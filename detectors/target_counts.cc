#include "detectors/target_counts.h"

namespace floodgauge {
namespace {

constexpr Vector kTcpVectors[] = {
    Vector::tcp_established, Vector::tcp_oneway, Vector::tcp_stream,   Vector::tcp_syn,
    Vector::tcp_synack,      Vector::tcp_ack,    Vector::tcp_rst,      Vector::tcp_fin,
    Vector::tcp_flags,       Vector::tls_hello,  Vector::http_request,
};

}  // namespace

void TargetCounts::add(const HostRecord& host) {
  host.for_each_cell([&](const Cell& cell) {
    const Volume volume{cell.packets, cell.bytes};
    if (cell.outbound) {
      out_total += volume;
      out[static_cast<std::size_t>(cell.vector)] += cell.packets;
    } else {
      in[static_cast<std::size_t>(cell.vector)] += volume;
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
}

void TargetCounts::add_sent(const UnansweredSenders::Count& sent) {
  out[static_cast<std::size_t>(Vector::udp)] += sent.udp;
  out[static_cast<std::size_t>(Vector::tcp_ack)] += sent.tcp;
}

std::uint64_t TargetCounts::tcp_in() const {
  std::uint64_t sum = 0;
  for (const Vector vector : kTcpVectors) sum += of(vector).packets;
  return sum;
}

std::uint64_t TargetCounts::tcp_sent() const {
  std::uint64_t sum = 0;
  for (const Vector vector : kTcpVectors) sum += sent(vector);
  return sum;
}

void TargetCounts::add(const TargetCounts& other) {
  for (std::size_t v = 0; v < kVectors; ++v) {
    in[v] += other.in[v];
    out[v] += other.out[v];
  }
  in_total += other.in_total;
  out_total += other.out_total;
  new_flows += other.new_flows;
  flows_active += other.flows_active;
  handshakes += other.handshakes;
  syn_answered += other.syn_answered;
  progressed += other.progressed;
  first_payloads += other.first_payloads;
  answers += other.answers;
}

Volume TargetCounts::of(TrafficClass traffic_class) const {
  Volume sum;
  for (const VectorInfo& row : vector_table()) {
    if (row.attack && row.traffic_class == traffic_class) sum += of(row.vector);
  }
  return sum;
}

Volume TargetCounts::attack() const {
  Volume sum;
  for (const VectorInfo& row : vector_table()) {
    if (row.attack) sum += of(row.vector);
  }
  return sum;
}

Volume TargetCounts::one_sided() const {
  Volume sum = attack();
  // Requests are work whether answered or not, and have limits of their own.
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
