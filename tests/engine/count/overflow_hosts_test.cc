#include "engine/count/overflow_hosts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/base/keyed_hash.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

std::uint64_t hash_of_number(std::uint64_t number) {
  return hash_of(number, kKey);
}

TEST(OverflowHosts, AdmitsAHostWithManyPackets) {
  OverflowHosts hosts;
  for (std::uint32_t n = 1; n < OverflowHosts::kAdmit; ++n) {
    ASSERT_FALSE(hosts.earned(hash_of_number(1))) << n;
  }
  EXPECT_TRUE(hosts.earned(hash_of_number(1)));
  hosts.next_window();
  EXPECT_FALSE(hosts.earned(hash_of_number(1))) << "each window counts from zero";
}

TEST(OverflowHosts, HardlyMistakesManyHostsOfOnePacketForOneOfMany) {
  OverflowHosts hosts;
  unsigned admitted = 0;
  for (std::uint64_t host = 0; host < 200000; ++host)
    admitted += hosts.earned(hash_of_number(host));
  // 200,000 hosts in 65,536 columns of three rows.
  EXPECT_EQ(admitted, 0u);
}

/// Compares it with a plain sketch: three rows of 65,536 counters, each row indexed by 16 bits of
/// the hash, with conservative update.
TEST(OverflowHosts, DecidesAsAPlainSketchDoes) {
  OverflowHosts hosts;
  std::array<std::vector<std::uint32_t>, 3> rows;
  rows.fill(std::vector<std::uint32_t>(65536));
  unsigned admitted = 0;
  for (std::uint64_t n = 0; n < 1'000'000; ++n) {
    const std::uint64_t hash = hash_of_number(n % (n % 7 == 0 ? 1'000 : 300'000));
    std::uint32_t* const counters[] = {&rows[0][hash & 0xffff], &rows[1][hash >> 16 & 0xffff],
                                       &rows[2][hash >> 32 & 0xffff]};
    const std::uint32_t raised = std::min({*counters[0], *counters[1], *counters[2]}) + 1;
    for (std::uint32_t* counter : counters) *counter = std::max(*counter, raised);
    ASSERT_EQ(hosts.earned(hash), raised >= OverflowHosts::kAdmit) << n;
    admitted += raised >= OverflowHosts::kAdmit;
  }
  EXPECT_GT(admitted, 0u);
}

}  // namespace
}  // namespace floodgauge
