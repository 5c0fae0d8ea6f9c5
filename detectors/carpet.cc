#include "detectors/carpet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

namespace floodgauge {
namespace {

/// A carpet hits at least this many hosts in a window, with at least this many suspicious
/// packets/s.
constexpr std::size_t kHosts = 16;
constexpr double kPerSecond = 640;
/// A host got only stray packets when it got less than one in this many of the busiest host's
/// packets, or less than one in this many of the mean.
constexpr std::uint32_t kPartOfBusiest = 16;
constexpr std::size_t kPartOfMean = 4;
/// A host with at least one in this many of a carpet's packets takes a large part of it.
constexpr std::uint32_t kLargePart = 4;
/// Prefix lengths of ordinary networks, where everything is protected.
constexpr std::uint8_t kNetworkV4 = 24;
constexpr std::uint8_t kNetworkV6 = 64;
/// Prefix lengths of wide networks.
constexpr std::uint8_t kWideNetworkV4 = 16;
constexpr std::uint8_t kWideNetworkV6 = 32;

/// The packets from which a host is hit, and not only met by stray packets.
std::uint64_t least_of(std::uint64_t packets, std::size_t hosts, std::uint32_t busiest) {
  return std::max<std::uint64_t>(packets / hosts / kPartOfMean, busiest / kPartOfBusiest);
}

/// The first `length` bits of an address of `width` bits.
constexpr std::uint64_t bits_of(std::uint64_t address, unsigned width, unsigned length) {
  return address >> (width - length);
}

std::uint64_t first_half(const IpAddress& address) {
  std::uint64_t half;
  std::memcpy(&half, address.bytes.data(), sizeof half);
  return __builtin_bswap64(half);
}

/// Calls visit() for each group of members of one network. `all` is sorted by network. `wider`: by
/// how many bits the groups' networks are wider than those that the members name.
template <typename Member, typename Visit>
void for_each_group(std::span<const Member> all, unsigned wider, Visit&& visit) {
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    while (end < all.size() && all[end].network >> wider == all[begin].network >> wider) ++end;
    visit(all.subspan(begin, end - begin));
    begin = end;
  }
}

/// How the packets of each suspicious vector are spread over the members of a network.
class VectorSpreads {
 public:
  /// `least`: packets of a carpet in this window.
  explicit VectorSpreads(std::uint32_t least) : least_(least) {}

  void add(std::size_t member, const HostRecord& host, const VectorSet& left_out) {
    host.for_each_cell([&](const Cell& cell) {
      const bool suspicious = is_attack(cell.vector) || cell.vector == Vector::tcp_stream;
      if (cell.outbound || !suspicious || left_out.contains(cell.vector)) return;
      Sums& sums = sums_[static_cast<std::size_t>(cell.vector)];
      sums.packets += cell.packets;
      sums.busiest = std::max(sums.busiest, cell.packets);
      ++sums.hosts;
      cells_.push_back({member, cell.vector, cell.packets});
    });
  }
  /// Vectors with enough packets for a carpet.
  VectorSet large() const {
    VectorSet large;
    for (std::size_t v = 0; v < kVectors; ++v) {
      if (sums_[v].packets >= least_) large |= set_of(static_cast<Vector>(v));
    }
    return large;
  }
  /// Those of them that hit enough hosts, none of which takes half.
  VectorSet spread() const {
    std::array<std::size_t, kVectors> hit{};
    for (const Row& row : cells_) {
      const Sums& sums = sums_[static_cast<std::size_t>(row.vector)];
      if (row.packets >= least_of(sums.packets, sums.hosts, sums.busiest)) {
        ++hit[static_cast<std::size_t>(row.vector)];
      }
    }
    VectorSet spread;
    large().for_each([&](Vector vector) {
      const auto v = static_cast<std::size_t>(vector);
      if (hit[v] >= kHosts && sums_[v].busiest * 2ull <= sums_[v].packets) spread |= set_of(vector);
    });
    return spread;
  }
  /// Calls visit(member, vector, packets).
  template <typename Visit>
  void for_each_cell(Visit&& visit) const {
    for (const Row& row : cells_) visit(row.member, row.vector, row.packets);
  }

 private:
  struct Sums {
    std::uint64_t packets = 0;
    std::uint32_t busiest = 0;
    std::uint32_t hosts = 0;
  };
  struct Row {
    std::size_t member;
    Vector vector;
    std::uint32_t packets;
  };
  std::uint32_t least_;
  std::array<Sums, kVectors> sums_{};
  std::vector<Row> cells_;
};

}  // namespace

void HitNetwork::add(std::uint32_t of_host) {
  suspicious += of_host;
  busiest = std::max(busiest, of_host);
}

std::vector<std::uint32_t> HitNetwork::hit() const {
  const std::uint64_t least_hit = least_of(suspicious, members.size(), busiest);
  std::vector<std::uint32_t> hit;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (packets[i] >= least_hit) hit.push_back(members[i]);
  }
  return hit;
}

std::string_view HitNetwork::why_no_carpet(std::size_t hosts) const {
  if (suspicious < least) return "fewer than 640 suspicious packets a second: no carpet";
  if (hosts < kHosts) return "fewer than 16 of its hosts are hit: no carpet";
  if (busiest * 2 > suspicious) return "one host takes over half: no carpet, but that host's flood";
  return {};
}

bool HitNetwork::is_carpet_beside_large_hosts() const {
  HitNetwork rest;
  rest.least = least;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (packets[i] * std::uint64_t{kLargePart} >= suspicious) continue;
    rest.add(packets[i]);
    rest.members.push_back(members[i]);
    rest.packets.push_back(packets[i]);
  }
  return !rest.members.empty() && rest.is_carpet(rest.hit().size());
}

IpPrefix carpet_network_of(const PrefixRegistry& registry, const IpAddress& address,
                           std::uint32_t prefix) {
  if (!registry.everything()) return registry.prefixes()[prefix].prefix;
  return IpPrefix::around(address, address.is_v4() ? kNetworkV4 : kNetworkV6);
}

IpPrefix wide_network_of(const IpAddress& address) {
  return IpPrefix::around(address, address.is_v4() ? kWideNetworkV4 : kWideNetworkV6);
}

IpPrefix Carpets::network_of(const NetworkWindow& window, const Member& member) const {
  const HostRecord& host = window.hosts()[member.host];
  return carpet_network_of(registry_, host.address, host.prefix);
}

void Carpets::collect(const NetworkWindow& window, const OwnVectors& own_vectors) {
  own_vectors_ = own_vectors;
  least_ = static_cast<std::uint32_t>(
      std::max(std::lround(kPerSecond * window.seconds()), std::lround(1.0 * kHosts)));
  v4_.clear();
  v6_.clear();
  for (auto at = window.hosts().begin(); at != window.hosts().end(); ++at) {
    const HostRecord& host = *at;
    const auto i = static_cast<std::uint32_t>(at.number());
    std::uint32_t suspicious = host.events().suspicious;
    if (suspicious == 0) continue;
    const VectorSet own = own_vectors(IpPrefix::host(host.address));
    if (own.any()) suspicious = host.packets_of(attack_vectors() & ~own);
    if (suspicious == 0) continue;
    if (!registry_.everything()) {
      v4_.push_back({host.prefix, i, suspicious});
    } else if (host.address.is_v4()) {
      v4_.push_back({bits_of(host.address.v4(), 32, kNetworkV4), i, suspicious});
    } else {
      v6_.push_back({bits_of(first_half(host.address), 64, kNetworkV6), i, suspicious});
    }
  }
  sort_by_network(v4_);
  sort_by_network(v6_);
}

/// Stable: the members of one network stay in the order of the window's hosts.
void Carpets::sort_by_network(std::vector<Member>& members) {
  const auto before = [](const Member& a, const Member& b) { return a.network < b.network; };
  if (std::is_sorted(members.begin(), members.end(), before)) return;
  constexpr unsigned kDigitBits = 12;
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  constexpr std::size_t kMany = 1024;
  std::uint64_t all_bits = 0;
  for (const Member& member : members) all_bits |= member.network;
  // Radix sort, the last digit first (Knuth, The Art of Computer Programming, vol. 3, section
  // 5.2.5, algorithm R). It is worth it for many members whose keys have at most two digits.
  if (members.size() < kMany || all_bits >> 2 * kDigitBits != 0) {
    std::stable_sort(members.begin(), members.end(), before);
    return;
  }
  std::vector<Member> sorted(members.size());
  for (unsigned shift = 0; all_bits >> shift != 0; shift += kDigitBits) {
    const auto digit = [&](const Member& member) {
      return member.network >> shift & (kDigits - 1);
    };
    std::vector<std::uint32_t> next(kDigits + 1);
    for (const Member& member : members) ++next[digit(member) + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (const Member& member : members) sorted[next[digit(member)]++] = member;
    members.swap(sorted);
  }
}

/// A quick check before the spread of each vector is known: it counts hosts with stray packets as
/// hit, and takes the busiest host's packets for a flood of its own.
bool Carpets::may_be_carpet(Members members) const {
  HitNetwork sums;
  for (const Member& member : members) sums.add(member.suspicious);
  return members.size() >= kHosts && sums.suspicious >= least_ &&
         (sums.busiest * 2 <= sums.suspicious || sums.suspicious - sums.busiest >= least_);
}

HitNetwork Carpets::hit_network(const NetworkWindow& window, Members members) const {
  HitNetwork network;
  network.least = least_;
  VectorSpreads spreads(least_);
  network.members.reserve(members.size());
  network.packets.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Member& member = members[i];
    if (i + HostList::kAhead < members.size()) {
      window.hosts().prefetch(members[i + HostList::kAhead].host);
    }
    const HostRecord& host = window.hosts()[member.host];
    network.prefix = host.prefix;
    const VectorSet own = own_vectors_(IpPrefix::host(host.address));
    if (own.any()) {
      TargetCounts counts;
      counts.add(host);
      network.counts.add(counts.without(own));
    } else {
      network.counts.add(host);
    }
    spreads.add(i, host, own);
    network.members.push_back(member.host);
    network.packets.push_back(member.suspicious);
  }
  network.spread = spreads.spread();
  if (network.spread.any()) {
    network.gathered = spreads.large() & ~network.spread;
    for (std::size_t i = 0; i < members.size(); ++i) {
      network.packets[i] = 0;
    }
    spreads.for_each_cell([&](std::size_t member, Vector vector, std::uint32_t packets) {
      if (!network.gathered.contains(vector)) network.packets[member] += packets;
    });
  }
  for (const std::uint32_t of_host : network.packets) network.add(of_host);
  return network;
}

Carpets::Networks Carpets::networks(const NetworkWindow& window, const Wanted& wanted) const {
  Networks found;
  for (const std::vector<Member>* all : {&v4_, &v6_}) {
    for_each_group<Member>(*all, 0, [&](Members members) {
      const IpPrefix network = network_of(window, members.front());
      const std::uint32_t prefix = window.hosts()[members.front().host].prefix;
      if (!may_be_carpet(members) && !wanted(network, prefix)) return;
      found.emplace(network, hit_network(window, members));
    });
  }
  return found;
}

Carpets::Networks Carpets::wide(const NetworkWindow& window, const HasFlood& has_flood,
                                const Wanted& wanted) const {
  Networks found;
  if (!registry_.everything()) return found;
  const auto look_for = [&](const std::vector<Member>& all, unsigned wider) {
    for_each_group<Member>(all, wider, [&](Members members) {
      const HostRecord& first = window.hosts()[members.front().host];
      const IpPrefix network = wide_network_of(first.address);
      const bool is_wanted = wanted(network, first.prefix);
      if (members.size() < kHosts && !is_wanted) return;
      std::vector<Member> without;
      for_each_group<Member>(members, 0, [&](Members part) {
        if (has_flood(network_of(window, part.front()))) return;
        without.insert(without.end(), part.begin(), part.end());
      });
      if (without.empty() || (!is_wanted && !may_be_carpet(without))) return;
      found.emplace(network, hit_network(window, without)).first->second.wide = true;
    });
  };
  look_for(v4_, kNetworkV4 - kWideNetworkV4);
  look_for(v6_, kNetworkV6 - kWideNetworkV6);
  return found;
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
