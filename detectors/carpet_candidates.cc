#include "detectors/carpet_candidates.h"

#include <cstdint>
#include <utility>

namespace floodgauge {

void CarpetCandidates::collect(const NetworkWindow& window) {
  carpets_.collect(window, [this](const IpPrefix& host) {
    const OngoingIncident* const flood = book_.flood_on(host);
    return flood == nullptr ? VectorSet{} : flood->vectors();
  });
}

/// A flood of a single host is no part of the carpet beside it, unless the incident of the carpet
/// is about its vector already.
void CarpetCandidates::leave_out_gathered(const IpPrefix& target, HitNetwork& network) const {
  const OngoingIncident* const flood = book_.flood_on(target);
  const VectorSet own = flood == nullptr ? VectorSet{} : flood->vectors();
  const VectorSet left_out = network.gathered & ~own;
  if (left_out.any()) network.counts = network.counts.without(left_out);
}

std::vector<NetworkCandidate> CarpetCandidates::networks(const NetworkWindow& window) const {
  const auto wanted = [this](const IpPrefix& network, std::uint32_t prefix) {
    return has_flood(network) || baseline_.suspects(prefix);
  };
  std::vector<NetworkCandidate> candidates;
  for (auto& [address, network] : carpets_.networks(window, wanted)) {
    const auto hosts = static_cast<std::uint32_t>(network.hit().size());
    if (!network.is_carpet(hosts) && !wanted(address, network.prefix)) continue;
    leave_out_gathered(address, network);
    candidates.push_back(
        {.target = {.address = address, .prefix = network.prefix, .group = true, .hosts = hosts},
         .network = address,
         .hit = std::move(network)});
  }
  return candidates;
}

std::optional<NetworkCandidate> CarpetCandidates::look_at(const NetworkWindow& window,
                                                          const IpPrefix& network) const {
  const auto wanted = [&](const IpPrefix& one, std::uint32_t) { return one == network; };
  Carpets::Networks found = carpets_.networks(window, wanted);
  auto at = found.find(network);
  if (at == found.end()) {
    found = carpets_.wide(
        window, [](const IpPrefix&) { return false; }, wanted);
    at = found.find(network);
  }
  if (at == found.end()) return std::nullopt;
  const auto hosts = static_cast<std::uint32_t>(at->second.hit().size());
  leave_out_gathered(network, at->second);
  return NetworkCandidate{
      .target = {.address = network, .prefix = at->second.prefix, .group = true, .hosts = hosts},
      .network = network,
      .hit = std::move(at->second)};
}

std::vector<NetworkCandidate> CarpetCandidates::wide_networks(const NetworkWindow& window) const {
  const auto flooded = [this](const IpPrefix& target) { return has_flood(target); };
  const auto is_open = [this](const IpPrefix& network, std::uint32_t) {
    return open_.wide_target(network) != nullptr;
  };
  std::vector<NetworkCandidate> candidates;
  for (auto& [address, network] : carpets_.wide(window, flooded, is_open)) {
    const std::vector<std::uint32_t> hit = network.hit();
    const IpPrefix* const known = open_.wide_target(address);
    const IpPrefix target = known != nullptr ? *known : Carpets::cover(window, address, hit);
    if (!network.is_carpet(hit.size()) && !has_flood(target)) continue;
    leave_out_gathered(target, network);
    candidates.push_back({.target = {.address = target,
                                     .prefix = network.prefix,
                                     .group = true,
                                     .hosts = static_cast<std::uint32_t>(hit.size())},
                          .network = address,
                          .hit = std::move(network)});
  }
  return candidates;
}

}  // namespace floodgauge
