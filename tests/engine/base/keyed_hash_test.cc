#include "engine/base/keyed_hash.h"

#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <set>
#include <vector>

#include "engine/flow/flow_hash.h"
#include "tests/engine/sketch/streams.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);
const IpAddress kA = IpAddress::from_v4(0xc0000201);
const IpAddress kB = IpAddress::from_v4(0xc6336407);

TEST(KeyedHash, ASeedDeterminesTheKey) {
  EXPECT_EQ(key_from_seed(7), key_from_seed(7));
  EXPECT_NE(key_from_seed(7), key_from_seed(8));
  EXPECT_NE(random_key(), random_key());
}

TEST(KeyedHash, TheHashOfBytesDependsOnContentAndLength) {
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

/// Chi-square of the hashes in 1,024 buckets against an even distribution, in standard deviations
/// from its mean. The mean is 1,023 and the standard deviation sqrt(2 * 1,023).
double chi_square_deviations(const std::vector<std::uint64_t>& hashes, unsigned shift) {
  std::vector<double> counts(1024);
  for (const std::uint64_t hash : hashes) ++counts[hash >> shift & 1023];
  const double expected = static_cast<double>(hashes.size()) / 1024;
  double sum = 0;
  for (const double count : counts) sum += (count - expected) * (count - expected) / expected;
  return (sum - 1023) / std::sqrt(2 * 1023.0);
}

TEST(KeyedHash, ConsecutiveInputsSpreadAsRandomOnesDo) {
  // Neither less evenly than random values, which overfills buckets of tables, nor more evenly, as
  // a progression does, which makes sketches biased.
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const HashKey key = key_from_seed(seed);
    std::vector<std::uint64_t> addresses, numbers, flows;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
      addresses.push_back(hash_of(address_number(i), key));
      numbers.push_back(hash_of(std::uint64_t{i}, key));
      const FlowPorts ports{static_cast<std::uint16_t>(i), 80, static_cast<std::uint8_t>(i >> 16)};
      flows.push_back(flow_hash(kA, kB, ports, key).hash);
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

/// The blocks have a word in common with the key, and differ from one another in few bytes.
TEST(KeyedHash, NoInputWordCancelsTheInfluenceOfTheOther) {
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

/// If the length were added to the first block, a change of its bytes could cancel it.
TEST(KeyedHash, TheFirstBytesCannotCancelTheLength) {
  std::array<std::uint8_t, 16> bytes{};
  std::set<std::uint64_t> seen;
  std::size_t strings = 0;
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    for (unsigned first = 0; first < 32; ++first) {
      bytes[0] = static_cast<std::uint8_t>(first);
      seen.insert(hash_bytes(bytes.data(), size, kKey));
      ++strings;
    }
  }
  EXPECT_EQ(seen.size(), strings);
}

/// FIPS 197, appendix B: the first four rounds of the cipher's example, its keys in appendix A.1.
TEST(AesRounds, BothWaysGiveTheValuesOfTheStandard) {
  const auto block = [](std::uint64_t first, std::uint64_t second) {
    return _mm_set_epi64x(static_cast<std::int64_t>(__builtin_bswap64(second)),
                          static_cast<std::int64_t>(__builtin_bswap64(first)));
  };
  const __m128i keys[] = {
      block(0x2b7e151628aed2a6, 0xabf7158809cf4f3c), block(0xa0fafe1788542cb1, 0x23a339392a6c7605),
      block(0xf2c295f27a96b943, 0x5935807a7359f67f), block(0x3d80477d4716fe3e, 0x1e237e446d7a883b),
      block(0xef44a541a8525b7f, 0xb671253bdb0bad00)};
  const __m128i input = block(0x3243f6a8885a308d, 0x313198a2e0370734);
  for (const __m128i output : {aes_rounds(input, keys), aes_rounds_computed(input, keys)}) {
    const __m128i expected = block(0xe0927fe8c86363c0, 0xd9b1355085b8be01);
    EXPECT_EQ(_mm_movemask_epi8(_mm_cmpeq_epi8(output, expected)), 0xffff);
  }
}

TEST(AesRounds, SoftwareAndInstructionGiveTheSame) {
  std::mt19937_64 random(7);
  if (!has_aes_instruction) GTEST_SKIP() << "this processor has no AES instruction";
  for (int i = 0; i < 10'000; ++i) {
    const HashKey key = key_from_seed(random());
    const auto* keys = reinterpret_cast<const __m128i*>(key.k.data());
    const __m128i block =
        _mm_set_epi64x(static_cast<std::int64_t>(random()), static_cast<std::int64_t>(random()));
    const __m128i same = _mm_cmpeq_epi8(aes_rounds(block, keys), aes_rounds_computed(block, keys));
    ASSERT_EQ(_mm_movemask_epi8(same), 0xffff);
  }
}

}  // namespace
}  // namespace floodgauge
