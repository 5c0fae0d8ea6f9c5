#include "detectors/host_candidates.h"

namespace floodgauge {

HostCandidates::HostCandidates(const NetworkWindow& window, const Profiles& profiles)
    : window_(window), profiles_(profiles), at_(window.hosts().begin()) {}

std::span<HostCandidate> HostCandidates::next() {
  std::size_t count = 0;
  for (; at_ != window_.hosts().end() && count < kBatch; ++at_) {
    const HostRecord& host = *at_;
    const Volume inbound = host.inbound();
    if (inbound.packets == 0) continue;
    const bool above_total_limit = is_above_total_limit(host, inbound);
    if (host.events().suspicious == 0 && !above_total_limit) continue;
    batch_[count++] = {.host = &host,
                       .number = static_cast<std::uint32_t>(at_.number()),
                       .above_total_limit = above_total_limit};
  }
  return std::span(batch_).first(count);
}

bool HostCandidates::is_above_total_limit(const HostRecord& host, Volume inbound) const {
  const Thresholds& limits = profiles_.of(host.prefix).thresholds;
  const double seconds = window_.seconds();
  return (limits.packets && static_cast<double>(inbound.packets) > *limits.packets * seconds) ||
         (limits.bits && static_cast<double>(inbound.bytes) * 8 > *limits.bits * seconds) ||
         (limits.connections &&
          host.events().handshakes > *limits.connections * seconds * kCloseScale);
}

}  // namespace floodgauge
