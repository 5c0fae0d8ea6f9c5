#include "detectors/carpet_candidates.h"

#include <cstdint>
#include <utility>

namespace floodgauge {

void CarpetCandidates::collect(const NetworkWindow& window) {
  carpets_.collect(window, [this](const IpPrefix& target) { return has_flood(target); });
}

std::vector<NetworkCandidate> CarpetCandidates::networks(const NetworkWindow& window) const {
  const auto wanted = [this](const IpPrefix& network, std::uint32_t prefix) {
    return has_flood(network) || baseline_.suspects(prefix);
  };
  std::vector<NetworkCandidate> candidates;
  for (auto& [address, network] : carpets_.networks(window, wanted)) {
    const auto hosts = static_cast<std::uint32_t>(network.hit().size());
    if (!network.is_carpet(hosts) && !wanted(address, network.prefix)) continue;
    candidates.push_back(
        {.target = {.address = address, .prefix = network.prefix, .group = true, .hosts = hosts},
         .network = address,
         .hit = std::move(network),
         .within_wide = open_.wide_target(wide_network_of(address.address)) != nullptr});
  }
  return candidates;
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
