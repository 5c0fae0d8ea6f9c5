#include "detectors/recent_samples.h"

#include <algorithm>
#include <tuple>

namespace floodgauge {
namespace {

/// All that tells two packets of a sample apart, after the address by which they are sorted.
auto rest_of(const SampledPacket& p) {
  return std::make_tuple(p.choice, p.source_port, p.destination_port, p.ip_bytes, p.protocol,
                         p.tcp_flags, p.flags, p.vector, bool{p.from_known_client}, p.dscp);
}

}  // namespace

std::span<const SampledPacket> WindowSample::of(const IpPrefix& target, Direction direction) const {
  const bool in = direction == Direction::in;
  const auto key = in ? &SampledPacket::destination : &SampledPacket::source;
  const auto other = in ? &SampledPacket::source : &SampledPacket::destination;
  const Order wanted = in ? Order::by_destination : Order::by_source;
  if (order_ != wanted) {
    order_ = wanted;
    std::sort(packets_.begin(), packets_.end(),
              [&](const SampledPacket& a, const SampledPacket& b) {
                if (a.*key != b.*key) return a.*key < b.*key;
                if (a.*other != b.*other) return a.*other < b.*other;
                return rest_of(a) < rest_of(b);
              });
  }
  const auto first = std::lower_bound(
      packets_.begin(), packets_.end(), target.address,
      [&](const SampledPacket& packet, const IpAddress& address) { return packet.*key < address; });
  const auto last = std::find_if_not(
      first, packets_.end(), [&](const SampledPacket& p) { return target.contains(p.*key); });
  return {first, last};
}

std::span<const SampledName> WindowSample::names_to(const IpPrefix& target) const {
  const auto first = std::find_if(names_.begin(), names_.end(), [&](const SampledName& name) {
    return target.contains(name.destination);
  });
  const auto last = std::find_if_not(
      first, names_.end(), [&](const SampledName& n) { return target.contains(n.destination); });
  return {first, last};
}

void RecentSamples::add(const NetworkWindow& window) {
  windows_.emplace_back(window);
  while (windows_.front().end + kKept < window.end) windows_.pop_front();
}

}  // namespace floodgauge
