// The list of prefixes: its pages, and its orders.
#include "engine/export/http/prefix_list.h"

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

using ::testing::ElementsAre;

class PrefixListTest : public ::testing::Test {
 protected:
  PrefixListTest() {
    for (const auto& [text, pps, syn] : {std::tuple{"203.0.113.0/24", 5.0, 1.0},
                                         {"198.51.100.0/24", 9.0, 0.0},
                                         {"192.0.2.0/24", 5.0, 7.0}}) {
      PrefixSnapshot row;
      row.prefix = sample::prefix(text);
      row.pps_in = pps;
      row.syn_per_second = syn;
      snapshot_.prefixes.push_back(row);
    }
  }
  HttpResponse ask(std::map<std::string, std::string> query) {
    return prefix_list({"GET", "/api/v1/prefixes", std::move(query), ""}, snapshot_);
  }
  std::vector<std::string> listed(std::map<std::string, std::string> query) {
    const Json json = Json::parse(ask(std::move(query)).body);
    EXPECT_EQ(json["total"], 3);
    std::vector<std::string> all;
    for (const Json& row : json["prefixes"]) all.push_back(row["prefix"]);
    return all;
  }
  EngineSnapshot snapshot_;
};

TEST_F(PrefixListTest, TheGreatestComeFirstAndEqualOnesAsConfigured) {
  EXPECT_THAT(listed({{"order", "pps_in"}}),
              ElementsAre("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"));
  EXPECT_THAT(listed({{"order", "syn_per_second"}, {"limit", "2"}}),
              ElementsAre("192.0.2.0/24", "203.0.113.0/24"));
  EXPECT_THAT(listed({{"order", "prefix"}, {"limit", "1"}}), ElementsAre("192.0.2.0/24"));
  EXPECT_THAT(listed({}), ElementsAre("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"));
  EXPECT_THAT(listed({{"after", "203.0.113.0/24"}, {"limit", "1"}}),
              ElementsAre("198.51.100.0/24"));
}

TEST_F(PrefixListTest, WhatIsNoOrderIsRefused) {
  EXPECT_EQ(ask({{"order", "age"}}).status, 400);
  EXPECT_EQ(ask({{"order", "pps_in"}, {"after", "203.0.113.0/24"}}).status, 400);
  EXPECT_EQ(ask({{"limit", "0"}}).status, 400);
  EXPECT_EQ(ask({{"after", "203.0.113.0/25"}}).status, 400);
}

}  // namespace
}  // namespace floodgauge
