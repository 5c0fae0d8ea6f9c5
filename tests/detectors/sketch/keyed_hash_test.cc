#include "detectors/sketch/keyed_hash.h"

#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <set>
#include <tuple>
#include <vector>

#include "tests/detectors/sketch/streams.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);
const IpAddress kA = IpAddress::from_v4(0xc0000201);
const IpAddress kB = IpAddress::from_v4(0xc6336407);

TEST(KeyedHash, SeedFixesTheKeyAndAnotherSeedGivesAnother) {
  EXPECT_EQ(key_from_seed(7), key_from_seed(7));
  EXPECT_NE(key_from_seed(7), key_from_seed(8));
  EXPECT_NE(random_key(), random_key());
}

TEST(KeyedHash, EveryFieldOfTheFlowCounts) {
  const std::uint64_t base = hash_flow(kA, kB, 1024, 53, 17, kKey);
  EXPECT_NE(base, hash_flow(kB, kA, 1024, 53, 17, kKey)) << "direction";
  EXPECT_NE(base, hash_flow(kA, kA, 1024, 53, 17, kKey)) << "destination";
  EXPECT_NE(base, hash_flow(kB, kB, 1024, 53, 17, kKey)) << "source";
  EXPECT_NE(base, hash_flow(kA, kB, 1025, 53, 17, kKey)) << "source port";
  EXPECT_NE(base, hash_flow(kA, kB, 1024, 54, 17, kKey)) << "destination port";
  EXPECT_NE(base, hash_flow(kA, kB, 53, 1024, 17, kKey)) << "ports exchanged";
  EXPECT_NE(base, hash_flow(kA, kB, 1024, 53, 6, kKey)) << "protocol";
  EXPECT_NE(base, hash_flow(kA, kB, 1024, 53, 17, key_from_seed(2))) << "key";
}

TEST(KeyedHash, SymmetricHashIsTheSameBothWaysAndTellsFlowsApart) {
  struct Case {
    IpAddress source, destination;
    std::uint16_t source_port, destination_port;
    const char* what;
  };
  const Case cases[] = {
      {kA, kB, 1024, 53, "different addresses"},
      {kA, kA, 1024, 53, "the same address, different ports"},
      {kA, kA, 53, 53, "the same end"},
      {kA, kB, 53, 53, "the same port"},
  };
  std::set<std::uint64_t> seen;
  for (const Case& c : cases) {
    const auto there =
        hash_flow_symmetric(c.source, c.destination, c.source_port, c.destination_port, 17, kKey);
    const auto back =
        hash_flow_symmetric(c.destination, c.source, c.destination_port, c.source_port, 17, kKey);
    EXPECT_EQ(there, back) << c.what;
    EXPECT_TRUE(seen.insert(there).second) << c.what;
  }
  EXPECT_NE(hash_flow_symmetric(kA, kB, 1024, 53, 17, kKey),
            hash_flow_symmetric(kA, kB, 53, 1024, 17, kKey))
      << "ports belong to their addresses";
  // Ends whose bytes add up to the same: what a sum of two hashes would confuse.
  EXPECT_NE(hash_flow_symmetric(address_number(1), address_number(4), 1, 1, 17, kKey),
            hash_flow_symmetric(address_number(2), address_number(3), 1, 1, 17, kKey));
}

TEST(KeyedHash, BytesDifferByContentAndByLength) {
  std::set<std::uint64_t> seen;
  std::array<std::uint8_t, 64> bytes{};
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    EXPECT_TRUE(seen.insert(hash_bytes(bytes.data(), size, kKey)).second) << size << " zeros";
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] = 1;
    EXPECT_TRUE(seen.insert(hash_bytes(bytes.data(), bytes.size(), kKey)).second)
        << "a 1 at " << at;
    bytes[at] = 0;
  }
}

// Chi-square of `buckets` counts against the even spread; its mean is buckets - 1 and its standard
// deviation sqrt(2 (buckets - 1)).
double chi_square_deviations(const std::vector<std::uint64_t>& hashes, unsigned shift) {
  std::vector<double> counts(1024);
  for (const std::uint64_t hash : hashes) ++counts[hash >> shift & 1023];
  const double expected = static_cast<double>(hashes.size()) / 1024;
  double sum = 0;
  for (const double count : counts) sum += (count - expected) * (count - expected) / expected;
  return (sum - 1023) / std::sqrt(2 * 1023.0);
}

TEST(KeyedHash, OrderedInputsSpreadLikeChance) {
  // Neither worse than chance (tables clump) nor better (a progression: sketches are biased).
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const HashKey key = key_from_seed(seed);
    std::vector<std::uint64_t> addresses, numbers, flows;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
      addresses.push_back(hash_of(address_number(i), key));
      numbers.push_back(hash_of(std::uint64_t{i}, key));
      flows.push_back(hash_flow(kA, kB, static_cast<std::uint16_t>(i), 80,
                                static_cast<std::uint8_t>(i >> 16), key));
    }
    for (const unsigned shift : {0u, 16u, 27u, 54u}) {
      EXPECT_LT(std::abs(chi_square_deviations(addresses, shift)), 6) << seed << " " << shift;
      EXPECT_LT(std::abs(chi_square_deviations(numbers, shift)), 6) << seed << " " << shift;
      EXPECT_LT(std::abs(chi_square_deviations(flows, shift)), 6) << seed << " " << shift;
    }
  }
}

TEST(KeyedHash, EachBitOfAnAddressFlipsHalfOfTheHash) {
  for (unsigned bit = 0; bit < 128; ++bit) {
    double flipped = 0;
    constexpr int kTrials = 400;
    for (std::uint32_t i = 0; i < kTrials; ++i) {
      const HashKey key = key_from_seed(i);
      IpAddress other = kA;
      other.bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      flipped += std::popcount(hash_of(kA, key) ^ hash_of(other, key));
    }
    EXPECT_NEAR(flipped / kTrials, 32, 2) << "bit " << bit;
  }
}

TEST(KeyedHash, NoInputWordMakesTheRestVanish) {
  // The weakness of folded 64x64 products: a word equal to (minus) a secret hides the other word.
  for (const std::uint64_t secret : kKey.k) {
    for (const std::uint64_t word : {secret, ~secret, std::uint64_t{0} - secret}) {
      std::set<std::uint64_t> as_low, as_high;
      for (std::uint64_t i = 0; i < 1000; ++i) {
        IpAddress low, high;
        std::memcpy(low.bytes.data(), &word, 8);
        std::memcpy(low.bytes.data() + 8, &i, 8);
        std::memcpy(high.bytes.data(), &i, 8);
        std::memcpy(high.bytes.data() + 8, &word, 8);
        as_low.insert(hash_of(low, kKey));
        as_high.insert(hash_of(high, kKey));
      }
      EXPECT_EQ(as_low.size(), 1000u);
      EXPECT_EQ(as_high.size(), 1000u);
    }
  }
}

}  // namespace
}  // namespace floodgauge
