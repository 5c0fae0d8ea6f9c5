// How evenly traffic spreads over a small number of buckets: ports, TTLs, length classes, /8
// networks. A flood of spoofed sources is even, a real crowd is clustered, a single tool is narrow.
// Lakhina, Crovella and Diot, "Mining anomalies using traffic feature distributions", SIGCOMM 2005.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/base/address.h"

namespace floodgauge {

/// A histogram of a fixed number of buckets. Merging adds: exact, in any order.
template <std::size_t Buckets>
class SmallHistogram {
 public:
  static_assert(Buckets >= 2 && Buckets <= 65536);

  /// `bucket` below Buckets.
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

/// Shannon's entropy of the counts, in bits: 0 when all is in one bucket, log2(n) when it is even
/// over n. Nothing counted is 0. Exact for the counts given.
double entropy_bits(std::span<const std::uint64_t> counts);

/// The entropy of what the counts were drawn from: Miller and Madow's correction (Miller, "Note on
/// the bias of information estimates", 1955) adds (seen buckets - 1) / (2 n ln 2) bits. At most
/// log2(buckets).
double entropy_bits_corrected(std::span<const std::uint64_t> counts);

/// Entropy as a share of the greatest possible, 0..1.
double normalized_entropy(std::span<const std::uint64_t> counts);

/// The chance that two packets drawn at random fall in the same bucket, estimated without bias from
/// the pairs: sum c(c-1) / n(n-1). 1/k when even over k buckets, 1 when all is in one. 1 for less
/// than two packets.
///
/// For n packets drawn evenly over k buckets its standard deviation is about
/// sqrt(2 (k - 1)) / (k n): Goldreich and Ron, "On testing expansion in bounded-degree graphs",
/// 2000 (the collision tester).
double collision_probability(std::span<const std::uint64_t> counts);

/// Over how many buckets the counts are in effect spread: 1 / collision_probability (Simpson's
/// index), between 1 and infinity; above the number of buckets only by chance.
double effective_buckets(std::span<const std::uint64_t> counts);

/// Bucket of a packet's wire length, 0..31: 64-byte steps to 1,023, 256-byte steps to 4,095, the
/// rest by powers of two.
std::size_t length_bucket(std::uint32_t wire_bytes);
inline constexpr std::size_t kLengthBuckets = 32;

/// What sources look like from their leading and trailing octets. 4 KiB; one add a packet.
class SourceSpread {
 public:
  /// IPv4: the first and the last octet. IPv6: the octet after 2000::/3's first (bits 8..15) and
  /// the last.
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

  /// In effect over how many /8 networks, 1..256.
  double networks() const;
  /// Evenness of the last octet, 0..1: spoofed and scanned spaces are even, a few hosts are not.
  double within() const;
  /// True when the sources are spread as only random draws are: over most /8 networks, and evenly
  /// within. Real crowds live where the registries allotted addresses to people: the effective
  /// number of their /8s stays below about 120. Needs `kLeastPackets`.
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
