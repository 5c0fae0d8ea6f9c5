#include "config/threshold_table.h"

#include <gtest/gtest.h>

#include <set>

namespace floodgauge {
namespace {

TEST(ThresholdTable, HasADifferentKeyAndMemberInEachRow) {
  std::set<std::string_view> keys;
  Thresholds thresholds;
  for (const auto& row : kThresholdTable) {
    EXPECT_TRUE(keys.insert(row.key).second) << row.key;
    EXPECT_FALSE((thresholds.*row.member).has_value()) << row.key << " shares a member";
    thresholds.*row.member = 1;
  }
}

TEST(ThresholdTable, GivesTheDefaults) {
  const Thresholds host = default_host_thresholds();
  const Thresholds prefix = default_prefix_thresholds();
  EXPECT_EQ(host.packets, 50e3);
  EXPECT_EQ(host.bits, 500e6);
  EXPECT_EQ(host.tls_hello, 3e3);
  for (const auto& row : kThresholdTable) {
    EXPECT_EQ(host.*row.member, row.host_default) << row.key;
    EXPECT_EQ(prefix.*row.member, 4 * row.host_default) << row.key;
  }
}

}  // namespace
}  // namespace floodgauge
