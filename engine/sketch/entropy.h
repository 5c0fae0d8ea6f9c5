// How evenly traffic is distributed over a small number of buckets: ports, TTLs, length classes, /8
// networks. Spoofed sources are distributed evenly, a real crowd is clustered, and a single attack
// tool uses few values. Lakhina, Crovella and Diot, "Mining anomalies using traffic feature
// distributions", SIGCOMM 2005.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/base/address.h"

namespace floodgauge {

/// A histogram with a fixed number of buckets. Merging is exact and independent of the order.
template <std::size_t Buckets>
class SmallHistogram {
 public:
  static_assert(Buckets >= 2 && Buckets <= 65536);

  /// `bucket`: less than Buckets.
  void add(std::size_t bucket, std::uint64_t weight = 1) { counts_[bucket] += weight; }
  void merge(const SmallHistogram& other) {
    for (std::size_t i = 0; i < Buckets; ++i) counts_[i] += other.counts_[i];
  }
  void clear() { counts_.fill(0); }
  std::span<const std::uint64_t, Buckets> counts() const { return counts_; }
  bool operator==(const SmallHistogram&) const = default;

 private:
  std::array<std::uint64_t, Buckets> counts_{};
};

/// Shannon's entropy of the counts, in bits: 0 if all is in one bucket, log2(n) if all is evenly in
/// n buckets, and 0 if nothing was counted.
double entropy_bits(std::span<const std::uint64_t> counts);

/// An estimate of the entropy of the distribution from which the n counted items were drawn, in
/// bits: entropy_bits() with Miller and Madow's correction (Miller, "Note on the bias of
/// information estimates", 1955), which adds (non-empty buckets - 1) / (2 n ln 2). At most
/// log2(buckets).
double entropy_bits_corrected(std::span<const std::uint64_t> counts);

/// Entropy divided by the largest possible entropy, 0..1. 0 for fewer than two buckets.
double normalized_entropy(std::span<const std::uint64_t> counts);

/// The probability that two random packets fall into the same bucket, estimated without bias from
/// all pairs: sum c(c-1) / n(n-1). About 1/k if the packets are evenly in k buckets, 1 if they are
/// all in one. 1 for fewer than two packets.
///
/// For n packets drawn evenly over k buckets the standard deviation is about
/// sqrt(2 (k - 1)) / (k n): Goldreich and Ron, "On testing expansion in bounded-degree graphs",
/// 2000 (the collision tester).
double collision_probability(std::span<const std::uint64_t> counts);

/// The effective number of buckets, 1 / collision_probability() (from Simpson's index): k if the
/// counts are evenly in k buckets. Between 1 and infinity; it can exceed the number of buckets by
/// chance.
double effective_buckets(std::span<const std::uint64_t> counts);

/// The bucket of a packet's length on the wire, 0..31: steps of 64 bytes up to 1,023 bytes, steps
/// of 256 bytes up to 4,095, and then powers of two.
std::size_t length_bucket(std::uint32_t wire_bytes);
inline constexpr std::size_t kLengthBuckets = 32;

/// The distribution of source addresses: histograms of their leading and trailing octets. 4 KiB.
class SourceSpread {
 public:
  /// Counts the first and the last octet of an IPv4 address; for IPv6 the second octet, since the
  /// first one hardly varies within 2000::/3, and the last.
  void add(const IpAddress& source, std::uint64_t weight = 1) {
    const std::size_t first = source.is_v4() ? 12 : 1;
    leading_.add(source.bytes[first], weight);
    trailing_.add(source.bytes[15], weight);
  }
  void merge(const SourceSpread& other) {
    leading_.merge(other.leading_);
    trailing_.merge(other.trailing_);
  }
  void clear() {
    leading_.clear();
    trailing_.clear();
  }

  /// The effective number of /8 networks (effective_buckets()), 1..256.
  double networks() const;
  /// Evenness of the last octet, 0..1: the effective number of its values divided by 256. It is
  /// high for spoofed addresses and scanned networks, and low for a few hosts.
  double within() const;
  /// True if the sources are distributed as only random addresses are: over most /8 networks, and
  /// evenly within them. A real crowd has addresses from networks that the registries assigned to
  /// access providers; its effective number of /8 networks stays below about 120. False for fewer
  /// than kLeastPackets packets.
  bool spoofed() const;

  static constexpr std::uint64_t kLeastPackets = 256;
  static constexpr double kSpoofedNetworks = 180;
  static constexpr double kSpoofedWithin = 0.85;

  std::uint64_t packets() const;
  bool operator==(const SourceSpread&) const = default;

 private:
  SmallHistogram<256> leading_;
  SmallHistogram<256> trailing_;
};

}  // namespace floodgauge
