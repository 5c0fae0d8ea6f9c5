// Whose packets these are: hosts outside, spread over the unicast space, and the protected hosts
// inside, each with its part to play.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bench/trafficgen/rng.h"
#include "engine/base/address.h"

namespace floodgauge::trafficgen {

/// One end of a packet.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  std::uint8_t ttl = 64;  ///< as seen at the border link
  bool inside = false;    ///< behind the border link: decides the packet's direction
};

/// `size` distinct unicast IPv4 addresses outside the special-purpose blocks (RFC 6890) and the
/// prefixes given, in the order of a keyed permutation: at(0), at(1), ... look random, never
/// repeat, and take no memory. The IPv6 form does the same with /64 networks.
class AddressPool {
 public:
  /// `excluded`: prefixes no address is drawn from. `size` is cut to what there is.
  AddressPool(std::uint64_t key, std::uint64_t size, bool v6, std::span<const IpPrefix> excluded);

  std::uint64_t size() const { return size_; }
  bool v6() const { return v6_; }
  /// `index` in [0, size).
  IpAddress at(std::uint64_t index) const;
  Endpoint endpoint(std::uint64_t index, std::uint16_t port) const;

 private:
  struct Range {
    std::uint32_t first_rank;
    std::uint32_t first_address;
  };
  IpAddress v4_at(std::uint32_t index) const;
  IpAddress v6_at(std::uint64_t index) const;

  std::uint64_t key_;
  std::uint64_t size_;
  bool v6_;
  std::uint32_t usable_ = 0;  ///< addresses in ranges_
  std::vector<Range> ranges_;
};

/// Where people are: host `index` (below 2^24) of a crowd over the /8 networks that the registries
/// gave to access providers (IANA, "IPv4 Address Space Registry"), some far fuller than others.
IpAddress crowd_host(std::uint64_t index, std::uint64_t key);

/// Thirty-two random bits, whether anyone can have that address or not: what tools write that do
/// not care. Each `index` another.
IpAddress any_address(std::uint64_t index, std::uint64_t key);

/// The TTL that packets of a host far away have left: it starts at 64, 128 or 255, as operating
/// systems do, and takes 6 to 22 hops, the same for each packet of a host.
std::uint8_t ttl_of(const IpAddress& address);

/// What a protected host does.
enum class Role : std::uint8_t { dns, resolver, web, mail, ntp, vpn, voip, cache, client };

/// The protected network: which address has which part.
class InsidePlan {
 public:
  /// At least one prefix, IPv4 no longer than /24 and IPv6 no longer than /112 (each is a hundred
  /// hosts and more).
  explicit InsidePlan(std::vector<IpPrefix> prefixes);

  const std::vector<IpPrefix>& prefixes() const { return prefixes_; }
  bool has(bool v6) const { return !(v6 ? v6_ : v4_).empty(); }
  bool contains(const IpAddress& address) const;
  /// A host with that role, of the version asked for if the network has it.
  Endpoint pick(Role role, bool v6, std::uint16_t port, Rng& rng) const;
  /// Host `number` (of the last octet's scale) of the first prefix.
  Endpoint host(std::uint32_t number, bool v6, std::uint16_t port) const;

 private:
  std::vector<IpPrefix> prefixes_;
  std::vector<IpPrefix> v4_;
  std::vector<IpPrefix> v6_;
};

/// A host of `prefix` drawn evenly (network and broadcast addresses are as good as others).
IpAddress random_host(const IpPrefix& prefix, Rng& rng);

}  // namespace floodgauge::trafficgen
