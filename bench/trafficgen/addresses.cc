#include "bench/trafficgen/addresses.h"

#include <algorithm>
#include <array>
#include <utility>

namespace floodgauge::trafficgen {
namespace {

struct Block {
  std::uint32_t address;
  unsigned length;
};

// RFC 6890 (special-purpose blocks), RFC 1112 (multicast and above: 224.0.0.0/3).
constexpr Block kSpecial[] = {
    {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
    {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16},
    {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 3},
};

/// First octets of the /8 networks of LACNIC, APNIC, RIPE and ARIN with access networks.
constexpr std::uint8_t kAccess[] = {
    177, 186, 189, 201, 187, 190, 179, 181, 191, 200, 117, 113, 114, 115, 116, 118, 119, 120,
    121, 122, 123, 124, 125, 110, 111, 112, 27,  36,  39,  42,  49,  58,  59,  60,  61,  103,
    1,   14,  180, 182, 183, 218, 219, 220, 221, 222, 223, 78,  79,  80,  81,  82,  83,  84,
    85,  86,  87,  88,  89,  90,  91,  92,  93,  94,  95,  46,  37,  31,  5,   2,   109, 176,
    178, 188, 24,  50,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  96,  97,  98,  99,
};

/// The first address and the one behind the last, in 33 bits.
using Span = std::pair<std::uint64_t, std::uint64_t>;

Span span_of(std::uint32_t address, unsigned length) {
  return {address, std::uint64_t{address} + (std::uint64_t{1} << (32 - length))};
}

/// A bijection of 32 bits: four Feistel rounds over 16-bit halves.
std::uint32_t permute(std::uint32_t value, std::uint64_t key) {
  auto left = static_cast<std::uint16_t>(value >> 16);
  auto right = static_cast<std::uint16_t>(value);
  for (std::uint64_t round = 0; round < 4; ++round) {
    const auto hash = static_cast<std::uint32_t>(
        ((key >> (round * 16) & 0xffff) ^ right) * std::uint64_t{0x9e3779b1} + (key >> 7) + round);
    const auto mixed = static_cast<std::uint16_t>(left ^ (hash >> 13) ^ hash);
    left = right;
    right = mixed;
  }
  return std::uint32_t{left} << 16 | right;
}

void put_u64(IpAddress& address, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) {
    address.bytes[at + i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  }
}

struct RoleHosts {
  std::uint32_t first;
  std::uint32_t count;
};

/// Host numbers of each role, by enum order.
constexpr std::array<RoleHosts, 9> kRoles = {{
    {53, 2},    // dns
    {10, 2},    // resolver
    {80, 8},    // web
    {25, 2},    // mail
    {123, 1},   // ntp
    {5, 3},     // vpn
    {60, 4},    // voip
    {90, 4},    // cache
    {130, 120}  // client
}};

}  // namespace

AddressPool::AddressPool(std::uint64_t key, std::uint64_t size, bool v6,
                         std::span<const IpPrefix> excluded)
    : key_(mix64(key)), size_(size), v6_(v6) {
  if (v6_) return;
  std::vector<Span> spans;
  for (const Block& block : kSpecial) spans.push_back(span_of(block.address, block.length));
  for (const IpPrefix& prefix : excluded) {
    if (!prefix.v6) spans.push_back(span_of(prefix.address.v4(), prefix.length));
  }
  std::sort(spans.begin(), spans.end());
  std::uint64_t next = 0;
  for (const Span& span : spans) {
    if (span.first > next) {
      ranges_.push_back({usable_, static_cast<std::uint32_t>(next)});
      usable_ += static_cast<std::uint32_t>(span.first - next);
    }
    next = std::max(next, span.second);
  }
  size_ = std::min<std::uint64_t>(size_, usable_);
}

IpAddress AddressPool::v4_at(std::uint32_t index) const {
  // Cycle walking (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002) keeps
  // the permutation within the usable addresses.
  std::uint32_t rank = index;
  do {
    rank = permute(rank, key_);
  } while (rank >= usable_);
  const auto range =
      std::upper_bound(ranges_.begin(), ranges_.end(), rank,
                       [](std::uint32_t r, const Range& each) { return r < each.first_rank; }) -
      1;
  return IpAddress::from_v4(range->first_address + (rank - range->first_rank));
}

IpAddress AddressPool::v6_at(std::uint64_t index) const {
  // 2a00::/12 belongs to RIPE. The network part depends on 32 bits of the index, so that indices up
  // to 2^32 give different networks.
  IpAddress address;
  const std::uint64_t network = permute(static_cast<std::uint32_t>(index), key_);
  put_u64(address, 0, 0x2a00000000000000 | network << 20 | (mix64(network ^ key_) & 0xff));
  put_u64(address, 8, mix64(index ^ key_));
  return address;
}

IpAddress AddressPool::at(std::uint64_t index) const {
  return v6_ ? v6_at(index) : v4_at(static_cast<std::uint32_t>(index));
}

Endpoint AddressPool::endpoint(std::uint64_t index, std::uint16_t port) const {
  const IpAddress address = at(index);
  return {address, port, ttl_of(address), false};
}

IpAddress crowd_host(std::uint64_t index, std::uint64_t key) {
  // The lower 24 bits are a bijection of the index, made of odd factors and shifts.
  constexpr std::uint32_t kMask = 0xffffff;
  auto low = static_cast<std::uint32_t>(index * 0x9e3779b1 + key) & kMask;
  low ^= low >> 12;
  low = (low * 0x85ebca6bu) & kMask;
  low ^= low >> 11;
  // The product of two uniform draws makes the first networks the fullest.
  Rng rng(derive_seed(key, index));
  const auto network = static_cast<std::size_t>(rng.unit() * rng.unit() * std::size(kAccess));
  return IpAddress::from_v4(std::uint32_t{kAccess[network]} << 24 | low);
}

IpAddress any_address(std::uint64_t index, std::uint64_t key) {
  return IpAddress::from_v4(permute(static_cast<std::uint32_t>(index), mix64(key)));
}

std::uint8_t ttl_of(const IpAddress& address) {
  std::uint64_t hash = 0;
  for (const std::uint8_t byte : address.bytes) hash = hash * 257 + byte;
  Rng rng(hash);
  const double kind = rng.unit();
  const std::uint32_t initial = kind < 0.6 ? 64 : kind < 0.92 ? 128 : 255;
  return static_cast<std::uint8_t>(initial - rng.between(6, 22));
}

InsidePlan::InsidePlan(std::vector<IpPrefix> prefixes) : prefixes_(std::move(prefixes)) {
  for (const IpPrefix& prefix : prefixes_) (prefix.v6 ? v6_ : v4_).push_back(prefix);
}

bool InsidePlan::contains(const IpAddress& address) const {
  return std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

Endpoint InsidePlan::pick(Role role, bool v6, std::uint16_t port, Rng& rng) const {
  const std::vector<IpPrefix>& own = has(v6) ? (v6 ? v6_ : v4_) : prefixes_;
  const RoleHosts hosts = kRoles[static_cast<std::size_t>(role)];
  Endpoint end{rng.pick(std::span<const IpPrefix>(own)).address, port, 63, true};
  const std::uint32_t number = hosts.first + rng.below(hosts.count);
  end.address.bytes[15] = static_cast<std::uint8_t>(number);
  return end;
}

Endpoint InsidePlan::host(std::uint32_t number, bool v6, std::uint16_t port) const {
  Endpoint end{(has(v6) ? (v6 ? v6_ : v4_) : prefixes_).front().address, port, 63, true};
  end.address.bytes[15] = static_cast<std::uint8_t>(number);
  return end;
}

IpAddress random_host(const IpPrefix& prefix, Rng& rng) {
  IpAddress address = prefix.address;
  const unsigned fixed = prefix.length + (prefix.v6 ? 0u : 96u);
  for (unsigned bit = fixed; bit < 128; bit = (bit / 8 + 1) * 8) {
    const unsigned within = bit % 8;  // bits of this byte that are part of the prefix
    const auto mask = static_cast<std::uint8_t>(0xffu >> within);
    address.bytes[bit / 8] = static_cast<std::uint8_t>(address.bytes[bit / 8] | (rng.u8() & mask));
  }
  return address;
}

}  // namespace floodgauge::trafficgen
