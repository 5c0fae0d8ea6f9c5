// The addresses of the generated packets: hosts outside, spread over the unicast address space, and
// the protected hosts inside, each with a role.
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

/// `size` distinct unicast IPv4 addresses outside the special-purpose blocks (RFC 6890) and outside
/// the given prefixes, in the order of a keyed permutation: at(0), at(1), ... look random, never
/// repeat, and need no memory. With IPv6, each address is in a /64 network of its own.
class AddressPool {
 public:
  /// `excluded`: prefixes that the pool leaves out. `size` is reduced to the number of addresses
  /// that are left.
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

/// Host `index` (below 2^24) of a crowd of real clients. The crowd lies in the /8 networks that the
/// registries gave to access providers (IANA, "IPv4 Address Space Registry"). Some of these
/// networks have far more hosts than others.
IpAddress crowd_host(std::uint64_t index, std::uint64_t key);

/// An IPv4 address of 32 random bits, which may be an address that no host can have, as careless
/// attack tools write it. Each `index` gives another address.
IpAddress any_address(std::uint64_t index, std::uint64_t key);

/// The TTL of packets of a remote host at the border link. It starts at 64, 128 or 255, as
/// operating systems set it, less 6 to 22 hops. It is the same for all packets of a host.
std::uint8_t ttl_of(const IpAddress& address);

/// The service that a protected host offers, or `client`.
enum class Role : std::uint8_t { dns, resolver, web, mail, ntp, vpn, voip, cache, client };

/// The protected network: which host has which role.
class InsidePlan {
 public:
  /// At least one prefix. IPv4 prefixes are at most /24 long and IPv6 prefixes at most /112, so
  /// that each has room for the hosts of all roles.
  explicit InsidePlan(std::vector<IpPrefix> prefixes);

  const std::vector<IpPrefix>& prefixes() const { return prefixes_; }
  bool has(bool v6) const { return !(v6 ? v6_ : v4_).empty(); }
  bool contains(const IpAddress& address) const;
  /// A host with that role. It has the requested IP version if the network has addresses of it.
  Endpoint pick(Role role, bool v6, std::uint16_t port, Rng& rng) const;
  /// The host of the first prefix whose last octet is `number` (0 to 255).
  Endpoint host(std::uint32_t number, bool v6, std::uint16_t port) const;

 private:
  std::vector<IpPrefix> prefixes_;
  std::vector<IpPrefix> v4_;
  std::vector<IpPrefix> v6_;
};

/// A host of `prefix`, drawn uniformly (network and broadcast addresses included).
IpAddress random_host(const IpPrefix& prefix, Rng& rng);

}  // namespace floodgauge::trafficgen
