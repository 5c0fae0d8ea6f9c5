#include "engine/sketch/entropy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>

namespace floodgauge {
namespace {

std::uint64_t sum(std::span<const std::uint64_t> counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

double entropy_bits(std::span<const std::uint64_t> counts) {
  const auto total = static_cast<double>(sum(counts));
  if (total == 0) return 0;
  double weighted = 0;
  for (const std::uint64_t count : counts) {
    if (count != 0) weighted += static_cast<double>(count) * std::log2(static_cast<double>(count));
  }
  // Rounding can give a value slightly below zero if all is in one bucket.
  return std::max(0.0, std::log2(total) - weighted / total);
}

double entropy_bits_corrected(std::span<const std::uint64_t> counts) {
  const auto total = static_cast<double>(sum(counts));
  if (total == 0) return 0;
  const auto seen = static_cast<double>(
      std::ranges::count_if(counts, [](std::uint64_t count) { return count != 0; }));
  const double corrected = entropy_bits(counts) + (seen - 1) / (2 * total * std::numbers::ln2);
  return std::min(corrected, std::log2(static_cast<double>(counts.size())));
}

double normalized_entropy(std::span<const std::uint64_t> counts) {
  if (counts.size() < 2) return 0;
  return entropy_bits(counts) / std::log2(static_cast<double>(counts.size()));
}

double collision_probability(std::span<const std::uint64_t> counts) {
  const auto total = static_cast<double>(sum(counts));
  if (total < 2) return 1;
  double pairs = 0;
  for (const std::uint64_t count : counts) {
    const auto c = static_cast<double>(count);
    pairs += c * (c - 1);
  }
  return pairs / (total * (total - 1));
}

double effective_buckets(std::span<const std::uint64_t> counts) {
  return 1 / collision_probability(counts);
}

std::size_t length_bucket(std::uint32_t wire_bytes) {
  if (wire_bytes < 1024) return wire_bytes / 64;                 // 0..15
  if (wire_bytes < 4096) return 16 + (wire_bytes - 1024) / 256;  // 16..27
  const std::size_t power = static_cast<std::size_t>(std::bit_width(wire_bytes)) - 13;
  return std::min<std::size_t>(28 + power, kLengthBuckets - 1);
}

std::uint64_t SourceSpread::packets() const {
  return sum(leading_.counts());
}

double SourceSpread::networks() const {
  return std::min(effective_buckets(leading_.counts()), 256.0);
}

double SourceSpread::within() const {
  return std::min(effective_buckets(trailing_.counts()) / 256, 1.0);
}

bool SourceSpread::spoofed() const {
  return packets() >= kLeastPackets && networks() >= kSpoofedNetworks && within() >= kSpoofedWithin;
}

}  // namespace floodgauge
