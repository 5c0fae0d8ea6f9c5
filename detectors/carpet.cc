#include "detectors/carpet.h"

#include <algorithm>

namespace floodgauge {
namespace {

/// At least so many hosts at once, and so many packets a window, none of which takes half.
constexpr std::size_t kHosts = 16;
constexpr std::uint32_t kPackets = 64;
/// A host with less than this part of the busiest one's packets, or of the mean, has strays.
constexpr std::uint32_t kPartOfBusiest = 16;
constexpr std::size_t kPartOfMean = 4;
/// Where no prefix is named, a carpet is looked for in networks of this size,
constexpr std::uint8_t kNetworkV4 = 24;
constexpr std::uint8_t kNetworkV6 = 64;
/// and, where those look quiet, in networks of this size.
constexpr std::uint8_t kWideNetworkV4 = 16;
constexpr std::uint8_t kWideNetworkV6 = 32;

}  // namespace

std::vector<std::uint32_t> HitNetwork::hit(const NetworkWindow& window) const {
  const std::size_t mean = suspicious / members.size();
  const std::size_t least = std::max<std::size_t>(mean / kPartOfMean, busiest / kPartOfBusiest);
  std::vector<std::uint32_t> hit;
  for (const std::uint32_t member : members) {
    if (window.hosts()[member].events().suspicious >= least) hit.push_back(member);
  }
  return hit;
}

bool HitNetwork::is_carpet(std::size_t hosts) const {
  return hosts >= kHosts && busiest * 2 <= suspicious && suspicious >= kPackets;
}

IpPrefix Carpets::network_of(const IpAddress& address, std::uint32_t prefix) const {
  if (!registry_.everything()) return registry_.prefixes()[prefix].prefix;
  return IpPrefix::around(address, address.is_v4() ? kNetworkV4 : kNetworkV6);
}

IpPrefix Carpets::wide_network_of(const IpAddress& address) {
  return IpPrefix::around(address, address.is_v4() ? kWideNetworkV4 : kWideNetworkV6);
}

void Carpets::collect(const NetworkWindow& window, const HasFlood& has_flood) {
  networks_.clear();
  wide_.clear();
  for (std::uint32_t i = 0; i < window.hosts().size(); ++i) {
    const HostRecord& host = window.hosts()[i];
    if (host.events().suspicious == 0 || has_flood(IpPrefix::host(host.address))) continue;
    HitNetwork& network = networks_[network_of(host.address, host.prefix)];
    network.prefix = host.prefix;
    network.counts.add(host);
    network.suspicious += host.events().suspicious;
    network.busiest = std::max(network.busiest, host.events().suspicious);
    network.members.push_back(i);
  }
}

void Carpets::widen(const HasFlood& has_flood) {
  if (!registry_.everything()) return;
  for (const auto& [address, network] : networks_) {
    if (has_flood(address)) continue;
    HitNetwork& wide = wide_[wide_network_of(address.address)];
    wide.wide = true;
    wide.prefix = network.prefix;
    wide.counts.add(network.counts);
    wide.suspicious += network.suspicious;
    wide.busiest = std::max(wide.busiest, network.busiest);
    wide.members.insert(wide.members.end(), network.members.begin(), network.members.end());
  }
}

IpPrefix Carpets::cover(const NetworkWindow& window, const IpPrefix& wide,
                        const std::vector<std::uint32_t>& hit) {
  const auto [first, last] =
      std::minmax_element(hit.begin(), hit.end(), [&](std::uint32_t a, std::uint32_t b) {
        return window.hosts()[a].address < window.hosts()[b].address;
      });
  const IpAddress& lowest = window.hosts()[*first].address;
  const IpAddress& highest = window.hosts()[*last].address;
  std::uint8_t length = wide.length;
  const std::uint8_t longest = wide.v6 ? kNetworkV6 : kNetworkV4;
  while (length < longest &&
         IpPrefix::around(lowest, static_cast<std::uint8_t>(length + 1)).contains(highest)) {
    ++length;
  }
  return IpPrefix::around(lowest, length);
}

}  // namespace floodgauge
