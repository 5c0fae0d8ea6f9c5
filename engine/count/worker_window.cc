#include "engine/count/worker_window.h"

#include "engine/base/ip_protocol.h"

namespace floodgauge {

bool ParseCounts::add_transport(const PacketFacts& facts) {
  if ((facts.flags & kFactLaterFragment) != 0) return false;
  switch (facts.protocol) {
    case kProtocolTcp:
      ++tcp;
      return true;
    case kProtocolUdp:
      ++udp;
      return true;
    case kProtocolIcmp:
      ++icmp;
      return true;
    case kProtocolIcmpV6:
      ++icmpv6;
      return true;
    case kProtocolSctp:
      ++sctp;
      return true;
    default:
      return false;
  }
}

void ParseCounts::add(const FrameView& frame, const PacketFacts& facts) {
  if ((facts.flags & (kFactIpv4 | kFactIpv6)) == 0) {
    ++non_ip;
  } else {
    ((facts.flags & kFactIpv4) != 0 ? ipv4 : ipv6) += 1;
  }
  fragments += (facts.flags & kFactFragment) != 0;
  tunnelled += (facts.flags & kFactTunnelled) != 0;
  if (facts.fault != Fault::none) ++malformed[static_cast<std::size_t>(facts.fault)];
  if (add_transport(facts) || facts.inner_kind == InnerKind::none) return;
  PacketFacts deeper = facts;
  while (parse_inner(frame, deeper) && !add_transport(deeper)) {
  }
}

void ParseCounts::merge(const ParseCounts& other) {
  ipv4 += other.ipv4;
  ipv6 += other.ipv6;
  non_ip += other.non_ip;
  fragments += other.fragments;
  tunnelled += other.tunnelled;
  tcp += other.tcp;
  udp += other.udp;
  icmp += other.icmp;
  icmpv6 += other.icmpv6;
  sctp += other.sctp;
  for (std::size_t i = 0; i < malformed.size(); ++i) malformed[i] += other.malformed[i];
}

WorkerWindow::WorkerWindow(const WindowCapacity& capacity)
    : hosts(capacity.hosts),
      slots(capacity.hosts),
      more_cells(capacity.more_cells),
      log(capacity.log_entries),
      log_shared(capacity.log_shared),
      details(capacity.details, Pages::small),
      prefixes(capacity.prefixes),
      prefix_is_touched(capacity.prefixes / 64 + 1),
      prefix_sources(capacity.prefixes) {
  touched_prefixes.reserve(capacity.prefixes);
  responses.reserve(kResponses);
}

void WorkerWindow::clear() {
  windows = 1;
  final = false;
  last_packet = {};
  total = {};
  parse = {};
  unprotected = 0;
  hosts_overflowed = 0;
  hosts_used = 0;
  if (++record_generation == 0) {  // wrapped: records of 2^32 generations ago would look current
    for (std::size_t i = 0; i < hosts.size(); ++i) hosts[i].forget();
    record_generation = 1;
    records_valid_from = 1;
  }
  more_cells.clear();
  log_used = 0;
  details_used = 0;
  detail_missed = 0;
  for (const std::uint32_t prefix : touched_prefixes) {
    prefixes[prefix] = {};
    prefix_is_touched[prefix / 64] = 0;
  }
  prefix_sources.clear(touched_prefixes);
  touched_prefixes.clear();
  senders.clear();
  responses.clear();
}

void WorkerWindow::prefault() {
  hosts.prefault();
  slots.prefault();
  more_cells.prefault();
  log.prefault();
  details.prefault();
  prefixes.prefault();
  prefix_sources.prefault();
  senders.prefault();
}

std::size_t WorkerWindow::memory_bytes() const {
  return hosts.bytes() + slots.bytes() + more_cells.memory_bytes() + log.bytes() + details.bytes() +
         prefixes.bytes() + prefix_sources.memory_bytes() +
         prefix_is_touched.capacity() * sizeof(std::uint64_t) + senders.memory_bytes() +
         responses.capacity() * sizeof(ResponseSample);
}

}  // namespace floodgauge
