#include "engine/count/flow_stage.h"

#include <gtest/gtest.h>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::kClient;
using testing::kServer;
using testing::parsed_burst;
using testing::Paths;
using testing::protecting;
using testing::udp;

TEST(FlowStage, RemovesAndCountsPacketsWithoutAProtectedAddress) {
  Paths paths(protecting({"198.51.100.0/24"}));
  const Bytes frames[] = {udp(kClient, kServer), udp(kClient, "203.0.113.1"),
                          udp(kServer, kClient)};
  const auto burst = parsed_burst(frames);
  paths.protection->find_targets(*burst);
  paths.flow_stage.hash_unknown(*burst, *paths.window);
  EXPECT_EQ(burst->remaining, 0b101u);
  EXPECT_EQ(paths.window->unprotected, 1u);
}

TEST(FlowStage, HashesBothDirectionsOfAFlowAlike) {
  Paths paths;
  const Bytes frames[] = {udp(kClient, kServer, 1, 2), udp(kServer, kClient, 2, 1),
                          udp(kServer, kClient, 1, 2)};
  const auto burst = parsed_burst(frames);
  paths.flow_stage.hash_known_addresses(*burst, true);
  EXPECT_EQ(burst->flow_hashed, 0b111u);
  EXPECT_EQ(burst->flow_hashes[0], burst->flow_hashes[1]);
  EXPECT_NE(burst->from_upper[0], burst->from_upper[1]);
  EXPECT_NE(burst->flow_hashes[0], burst->flow_hashes[2]) << "other ports";
}

TEST(FlowStage, LooksUpPacketsInTheirOrder) {
  Paths paths;
  const Bytes frames[] = {udp(kClient, kServer), udp(kServer, kClient, 9000, 40000),
                          udp(kClient, kServer)};
  const auto burst = paths.classified(frames);
  EXPECT_TRUE(burst->lookups[0].new_flow);
  EXPECT_FALSE(burst->lookups[1].new_flow);
  EXPECT_TRUE(burst->lookups[1].other_side_sent);
  EXPECT_TRUE(burst->lookups[2].other_side_sent);
  EXPECT_TRUE(burst->lookups[2].from_initiator);
}

}  // namespace
}  // namespace floodgauge
