// The counters of a target: a few vectors or all of them, added in any order.
#include "detectors/target_counts.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>

namespace floodgauge {
namespace {

/// A reference for VectorCounts: a table of all vectors.
struct Plain {
  std::array<Volume, kVectors> in{};
  std::array<std::uint64_t, kVectors> out{};
};

void expect_same(const VectorCounts& counts, const Plain& plain) {
  VectorSet seen;
  counts.for_each([&](Vector vector, Volume in, std::uint64_t out) {
    EXPECT_FALSE(seen.contains(vector)) << "each vector is visited once";
    seen |= set_of(vector);
    EXPECT_EQ(in, plain.in[static_cast<std::size_t>(vector)]);
    EXPECT_EQ(out, plain.out[static_cast<std::size_t>(vector)]);
  });
  Volume all;
  std::uint64_t sent = 0;
  for (std::size_t v = 0; v < kVectors; ++v) {
    EXPECT_EQ(counts.in(static_cast<Vector>(v)), plain.in[v]) << v;
    EXPECT_EQ(counts.out(static_cast<Vector>(v)), plain.out[v]) << v;
    if (v % 3 == 0) all += plain.in[v];
    if (v % 3 == 0) sent += plain.out[v];
  }
  VectorSet thirds;
  for (std::size_t v = 0; v < kVectors; v += 3) thirds |= set_of(static_cast<Vector>(v));
  EXPECT_EQ(counts.in_of(thirds), all);
  EXPECT_EQ(counts.out_of(thirds), sent);
}

TEST(VectorCounts, EqualAFullTableForAnyNumberOfVectors) {
  std::mt19937 random(7);
  for (const unsigned vectors : {1u, 2u, 5u, 6u, 7u, 8u, 40u, unsigned{kVectors}}) {
    for (unsigned round = 0; round < 20; ++round) {
      VectorCounts counts;
      Plain plain;
      const auto first = static_cast<unsigned>(random() % kVectors);
      for (unsigned n = 0; n < 3 * vectors; ++n) {
        const std::size_t v = (first + random() % vectors * 7) % kVectors;
        const Volume in{n % 5, n * 100};
        counts.add(static_cast<Vector>(v), in, n % 3);
        plain.in[v] += in;
        plain.out[v] += n % 3;
      }
      expect_same(counts, plain);
      const VectorCounts copy = counts;
      counts.add(copy);
      for (std::size_t v = 0; v < kVectors; ++v) {
        plain.in[v] += plain.in[v];
        plain.out[v] += plain.out[v];
      }
      expect_same(counts, plain);
      counts = {};
      expect_same(counts, {});
    }
  }
}

TEST(TargetCounts, SumsAreOverTheRightVectors) {
  TargetCounts counts;
  std::uint64_t attack = 0;
  std::array<std::uint64_t, kClasses> classes{};
  for (std::size_t v = 0; v < kVectors; ++v) {
    const std::uint64_t packets =
        v * v + 1;  // so that different sets of vectors have different sums
    counts.vectors.add(static_cast<Vector>(v), {packets, packets});
    if (!info(static_cast<Vector>(v)).attack) continue;
    attack += packets;
    classes[static_cast<std::size_t>(info(static_cast<Vector>(v)).traffic_class)] += packets;
  }
  EXPECT_EQ(counts.attack().packets, attack);
  for (std::size_t c = 0; c < kClasses; ++c) {
    EXPECT_EQ(counts.of(static_cast<TrafficClass>(c)).packets, classes[c]) << c;
  }
  EXPECT_EQ(counts.sent(Vector::udp), 0u);
  counts.add_sent({.udp = 3, .tcp = 4});
  EXPECT_EQ(counts.sent(Vector::udp), 3u);
  EXPECT_EQ(counts.sent(Vector::tcp_ack), 4u);
  EXPECT_EQ(counts.tcp_sent(), 4u);
}

TEST(TargetCounts, SeparateOneSidedFromAnsweredTraffic) {
  TargetCounts counts;
  for (std::size_t v = 0; v < kVectors; ++v) counts.vectors.add(static_cast<Vector>(v), {1, 10});
  std::uint64_t attack = 0;
  for (const VectorInfo& row : vector_table()) attack += row.attack ? 1 : 0;
  EXPECT_EQ(counts.attack(), (Volume{attack, attack * 10}));
  // All attack vectors without the four kinds of requests, and the two kinds of one-sided TCP.
  EXPECT_EQ(counts.one_sided(), (Volume{attack - 2, (attack - 2) * 10}));
  EXPECT_EQ(counts.of(TrafficClass::fragment), (Volume{2, 20}));
  TargetCounts twice = counts;
  twice.add(counts);
  EXPECT_EQ(twice.attack(), (Volume{attack * 2, attack * 20}));
}

TEST(TargetCounts, WithoutSomeVectorsKeepWhatIsSentAndAllOthers) {
  TargetCounts counts;
  counts.vectors.add(Vector::udp, {10, 1000});
  counts.vectors.add(Vector::tcp_syn, {5, 300});
  counts.vectors.add(Vector::icmp, {4, 400}, 3);
  counts.in_total = {19, 1700};
  const TargetCounts rest = counts.without(set_of(Vector::udp) | set_of(Vector::icmp));
  EXPECT_EQ(rest.of(Vector::tcp_syn).packets, 5u) << "it is not left out, and nothing is sent";
  EXPECT_EQ(rest.of(Vector::udp).packets, 0u);
  EXPECT_EQ(rest.of(Vector::icmp).packets, 0u);
  EXPECT_EQ(rest.sent(Vector::icmp), 3u) << "only what comes in is left out";
  EXPECT_EQ(rest.in_total.packets, 5u);
}

}  // namespace
}  // namespace floodgauge
