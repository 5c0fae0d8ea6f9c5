#include "detectors/window_probes.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "engine/base/splitmix64.h"

namespace floodgauge {
namespace {

/// IP bytes of a probe at most. SYNs have up to 40 bytes of options behind their headers. The
/// datagrams of UDP scanners are empty or short questions; those of floods are longer.
constexpr std::uint16_t kLongestSegment = 80;
constexpr std::uint16_t kLongestDatagram = 128;
/// Layer-2 bytes that a probe has beyond its IP packet.
constexpr std::uint64_t kEthernet = 14;

bool is_probe(const LogEntry& packet, Direction direction) {
  switch (packet.vector) {
    case Vector::tcp_syn:
    case Vector::tcp_flags:
      return packet.ip_bytes <= kLongestSegment;
    case Vector::tcp_fin:
    case Vector::tcp_ack:
      // In a sample of all packets, segments of a server look as if nobody had spoken to it.
      return direction == Direction::in && packet.ip_bytes <= kLongestSegment;
    case Vector::udp:
    case Vector::icmp:
    case Vector::icmpv6:
      return packet.ip_bytes <= kLongestDatagram;
    case Vector::dns_query:
      // A resolver asks thousands of servers, and its answers may take another way.
      return direction == Direction::in && packet.ip_bytes <= kLongestDatagram;
    default:
      return false;
  }
}

std::uint64_t target_hash(std::uint64_t host_hash, std::uint16_t port) {
  return splitmix64_finaliser(host_hash + (std::uint64_t{port} + 1) * 0x9e3779b97f4a7c15u);
}

/// Sets `targets` of each share to its number of distinct pairs.
void count_targets(std::vector<std::pair<std::uint32_t, std::uint64_t>>& tried,
                   std::unordered_map<std::uint32_t, ScanShare>& shares) {
  std::sort(tried.begin(), tried.end());
  tried.erase(std::unique(tried.begin(), tried.end()), tried.end());
  for (const auto& [host, target] : tried) ++shares[host].targets;
}

}  // namespace

void ScanShare::add(const Probe& probe) {
  const Volume volume{1, probe.ip_bytes + kEthernet};
  packets += 1;
  for (auto& [vector, sum] : volumes) {
    if (vector != probe.vector) continue;
    sum += volume;
    return;
  }
  volumes.emplace_back(probe.vector, volume);
}

void ScanShare::add(const ScanShare& other) {
  packets += other.packets;
  targets += other.targets;
  for (const auto& more : other.volumes) {
    const auto known = std::find_if(volumes.begin(), volumes.end(),
                                    [&](const auto& row) { return row.first == more.first; });
    if (known != volumes.end()) {
      known->second += more.second;
    } else {
      volumes.push_back(more);
    }
  }
}

void ScanShare::set_aside(TargetCounts& counts, double most) const {
  if (packets == 0 || !is_spread()) return;
  if (static_cast<double>(counts.attack().packets) > most) return;
  for (const auto& [vector, volume] : volumes) counts.take_off(vector, volume);
}

void WindowProbes::collect(const NetworkWindow& window) {
  probes_.clear();
  in_.clear();
  out_.clear();
  tried_in_.clear();
  tried_out_.clear();
  std::uint64_t all = 0;
  for (const HostRecord& host : window.hosts()) {
    all += std::uint64_t{host.events().suspicious} + host.sent().suspicious;
  }
  // The same sources in each worker, so that the result does not depend on their number.
  std::uint64_t sampled = 0;
  while ((all >> std::popcount(sampled)) > kMostPackets) sampled = sampled << 1 | 1;
  sampled_one_in_ = sampled + 1;
  // Where nothing comes in, a host that is answered cannot be told from one that is not.
  std::vector<bool> answers_seen;
  for (const PrefixWindow& prefix : window.prefixes) {
    if (prefix.prefix >= answers_seen.size()) answers_seen.resize(prefix.prefix + std::size_t{1});
    answers_seen[prefix.prefix] = prefix.total_in.packets != 0;
  }
  for (auto at = window.hosts().begin(); at != window.hosts().end(); ++at) {
    const HostRecord& host = *at;
    const auto number = static_cast<std::uint32_t>(at.number());
    if (host.events().suspicious != 0) collect_host(window, number, Direction::in, sampled);
    if (!host.sends() || host.prefix >= answers_seen.size() || !answers_seen[host.prefix]) continue;
    collect_host(window, number, Direction::out, sampled);
  }
  std::sort(probes_.begin(), probes_.end(), [](const Probe& a, const Probe& b) {
    return std::tie(a.source_hash, a.direction, a.target_hash, a.vector, a.ip_bytes) <
           std::tie(b.source_hash, b.direction, b.target_hash, b.vector, b.ip_bytes);
  });
}

void WindowProbes::collect_host(const NetworkWindow& window, std::uint32_t host,
                                Direction direction, std::uint64_t sampled) {
  const IpAddress& own = window.hosts()[host].address;
  const std::uint64_t own_hash = window.hash(own);
  window.for_each_logged(host, direction, [&](const LogEntry& packet) {
    if (!is_probe(packet, direction)) return;
    const std::uint64_t peer_hash = window.hash(packet.source);
    const bool in = direction == Direction::in;
    const std::uint64_t source_hash = in ? peer_hash : own_hash;
    // Nobody scans itself: a packet from its own target has a forged source.
    if (peer_hash == own_hash || (source_hash & sampled) != 0) return;
    const std::uint16_t port = has_ports(packet.vector) ? packet.destination_port : 0;
    probes_.push_back({.source_hash = source_hash,
                       .target_hash = target_hash(in ? own_hash : peer_hash, port),
                       .source = in ? packet.source : own,
                       .target = in ? own : packet.source,
                       .host = host,
                       .port = port,
                       .ip_bytes = packet.ip_bytes,
                       .vector = packet.vector,
                       .direction = direction});
  });
}

void WindowProbes::for_each_group(const std::function<void(const ProbeGroup&)>& visit) const {
  for (std::size_t begin = 0; begin < probes_.size();) {
    const Probe& first = probes_[begin];
    std::size_t end = begin + 1;
    std::size_t tried = 1;
    for (; end < probes_.size(); ++end) {
      const Probe& probe = probes_[end];
      if (probe.source_hash != first.source_hash || probe.direction != first.direction) break;
      tried += probe.target_hash != probes_[end - 1].target_hash;
    }
    visit({std::span(probes_).subspan(begin, end - begin), tried});
    begin = end;
  }
}

void WindowProbes::add_share(const ProbeGroup& group) {
  const bool in = group.probes.front().direction == Direction::in;
  for (const Probe& probe : group.probes) {
    (in ? in_ : out_)[probe.host].add(probe);
    (in ? tried_in_ : tried_out_).emplace_back(probe.host, probe.target_hash);
  }
}

void WindowProbes::end_shares() {
  count_targets(tried_in_, in_);
  count_targets(tried_out_, out_);
}

const ScanShare* WindowProbes::share_of(std::uint32_t host, Direction direction) const {
  const Shares& shares = direction == Direction::in ? in_ : out_;
  const auto found = shares.find(host);
  return found == shares.end() ? nullptr : &found->second;
}

}  // namespace floodgauge
