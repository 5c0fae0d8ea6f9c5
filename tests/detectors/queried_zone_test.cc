// The zone that a flood of DNS queries for random names is about.
#include "detectors/queried_zone.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace floodgauge {
namespace {

/// A DNS query for a name, as on the wire.
std::vector<std::uint8_t> query_for(const std::string& name) {
  std::vector<std::uint8_t> message = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  std::size_t begin = 0;
  while (begin < name.size()) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    message.push_back(static_cast<std::uint8_t>(end - begin));
    message.insert(message.end(), name.begin() + static_cast<std::ptrdiff_t>(begin),
                   name.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end + 1;
  }
  message.insert(message.end(), {0, 0, 1, 0, 1});
  return message;
}

class QueriedZoneTest : public ::testing::Test {
 protected:
  void ask(const std::string& name) {
    const auto message = query_for(name);
    SampledName sampled;
    ASSERT_TRUE(read_name_end(message.data(), message.size(), sampled)) << name;
    zone_.add(sampled);
  }
  void ask_random(int times, const std::string& below) {
    for (int n = 0; n < times; ++n) ask("x" + std::to_string(n * 7919) + "." + below);
  }
  QueriedZone zone_;
};

TEST_F(QueriedZoneTest, RandomNamesOfAZoneTellTheZone) {
  ask_random(40, "Example.NET");
  EXPECT_EQ(zone_.find().zone, "example.net");
  EXPECT_EQ(zone_.find().share, 1);
  EXPECT_EQ(zone_.find().names, 40u);
}

TEST_F(QueriedZoneTest, ADeeperZoneIsToldWhole) {
  ask_random(40, "shop.gov.example");
  EXPECT_EQ(zone_.find().zone, "shop.gov.example");
}

TEST_F(QueriedZoneTest, SeveralRandomLabelsAreNotPartOfIt) {
  for (int n = 0; n < 40; ++n) ask("a" + std::to_string(n) + ".b" + std::to_string(n) + ".x.org");
  EXPECT_EQ(zone_.find().zone, "x.org");
}

TEST_F(QueriedZoneTest, GenuineQueriesBesideItDoNotHideIt) {
  ask_random(65, "example.net");
  for (int n = 0; n < 35; ++n) ask("www.other" + std::to_string(n) + ".org");
  EXPECT_EQ(zone_.find().zone, "example.net");
  EXPECT_NEAR(zone_.find().share, 0.65, 0.001);
  for (int n = 0; n < 30; ++n) ask("www.more" + std::to_string(n) + ".org");
  EXPECT_EQ(zone_.find().zone, "") << "half of the names";
}

TEST_F(QueriedZoneTest, OrdinaryNamesShareNoZone) {
  const char* const ends[] = {"com", "com", "com", "net", "org"};
  for (int n = 0; n < 100; ++n) ask("www.site" + std::to_string(n) + "." + ends[n % 5]);
  EXPECT_EQ(zone_.find().zone, "") << "60 % end in com";
}

TEST_F(QueriedZoneTest, ATopLevelDomainIsAZoneWhenNearlyAllNamesAreInIt) {
  ask_random(90, "tz");
  for (int n = 0; n < 10; ++n) ask("www.site" + std::to_string(n) + ".org");
  EXPECT_EQ(zone_.find().zone, "tz");
  for (int n = 0; n < 10; ++n) ask("www.more" + std::to_string(n) + ".org");
  EXPECT_EQ(zone_.find().zone, "");
}

TEST_F(QueriedZoneTest, NamesThatRepeatAreNotRandom) {
  for (int n = 0; n < 100; ++n) ask("host" + std::to_string(n % 10) + ".example.net");
  EXPECT_EQ(zone_.find().zone, "");
}

TEST_F(QueriedZoneTest, OneNameIsNoZone) {
  for (int n = 0; n < 100; ++n) ask("www.example.net");
  EXPECT_EQ(zone_.find().zone, "");
}

TEST_F(QueriedZoneTest, FewNamesTellNothing) {
  ask_random(static_cast<int>(QueriedZone::kLeast) - 1, "example.net");
  EXPECT_EQ(zone_.find().zone, "");
  ask("one.example.net");
  EXPECT_EQ(zone_.find().zone, "example.net");
}

TEST_F(QueriedZoneTest, TheLatestNamesAreKept) {
  ask_random(static_cast<int>(QueriedZone::kMost), "old.net");
  ask_random(static_cast<int>(QueriedZone::kMost), "new.net");
  EXPECT_EQ(zone_.find().zone, "new.net");
  EXPECT_EQ(zone_.names(), QueriedZone::kMost);
}

TEST_F(QueriedZoneTest, OfLongNamesTheEndIsKept) {
  const std::string longer(50, 'q');
  for (int n = 0; n < 40; ++n) ask(longer + "." + longer + std::to_string(n) + ".example.net");
  EXPECT_EQ(zone_.find().zone, "example.net");
}

TEST_F(QueriedZoneTest, BytesThatTerminalsObeyAreToldByTheirNumbers) {
  for (int n = 0; n < 40; ++n) ask("r" + std::to_string(n) + ".\x1b[2J\".net");
  EXPECT_EQ(zone_.find().zone, "\\027\\0912j\\034.net");
}

TEST(ReadNameEnd, WhatIsNoNameIsRefused) {
  SampledName name;
  auto message = query_for("www.example.net");
  EXPECT_TRUE(read_name_end(message.data(), message.size(), name));
  EXPECT_EQ(name.bytes, 16);
  EXPECT_FALSE(name.cut);
  for (std::size_t size = 0; size < 12 + 17; ++size) {
    EXPECT_FALSE(read_name_end(message.data(), size, name)) << size;
  }
  message[12] = 0xc0;  // a pointer
  EXPECT_FALSE(read_name_end(message.data(), message.size(), name));
  message = query_for("www.example.net");
  message[5] = 0;  // no question
  EXPECT_FALSE(read_name_end(message.data(), message.size(), name));
  message = query_for("");
  EXPECT_TRUE(read_name_end(message.data(), message.size(), name));
  EXPECT_EQ(name.bytes, 0);
  std::string many;
  for (int n = 0; n < 127; ++n) many += "a.";
  message = query_for(many + "a");
  EXPECT_FALSE(read_name_end(message.data(), message.size(), name)) << "more than 255 bytes";
  message = query_for(many.substr(0, many.size() - 1));
  EXPECT_TRUE(read_name_end(message.data(), message.size(), name));
  EXPECT_EQ(name.bytes, 58);
  EXPECT_TRUE(name.cut);
}

}  // namespace
}  // namespace floodgauge
