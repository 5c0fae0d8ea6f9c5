// Counts since the start survive a reload, disappear with their prefix, and are never given to
// another prefix.
#include "engine/merge/ledger.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

Settings protecting(const std::vector<const char*>& prefixes) {
  ProtectEntry entry;
  for (const char* prefix : prefixes) entry.prefixes.push_back(*IpPrefix::parse(prefix));
  Settings settings;
  settings.protect = {entry};
  return settings;
}

/// A window in which the prefix with this number receives TCP.
NetworkWindow window_with(std::uint32_t number, std::uint64_t packets) {
  NetworkWindow window;
  window.start = whole_seconds(1);
  window.end = window.start + milliseconds(100);
  window.total = {packets, packets * 100};
  PrefixWindow prefix;
  prefix.prefix = number;
  prefix.in[0] = prefix.total_in = window.total;
  prefix.syn = 1;
  window.prefixes.push_back(std::move(prefix));
  return window;
}

class LedgerTest : public testing::Test {
 protected:
  void take(const std::vector<const char*>& prefixes) {
    settings_ = protecting(prefixes);
    registry_.assign(settings_);
  }
  void count(std::uint32_t number, std::uint64_t packets) {
    ledger_.add(window_with(number, packets), settings_, registry_, 0);
  }
  std::map<std::string, PrefixSnapshot> shown() const {
    EngineSnapshot snapshot;
    ledger_.fill(snapshot, registry_);
    std::map<std::string, PrefixSnapshot> found;
    for (const PrefixSnapshot& prefix : snapshot.prefixes) found[prefix.prefix.text()] = prefix;
    return found;
  }

  Settings settings_;
  PrefixRegistry registry_{2};
  Ledger ledger_{2};
};

TEST_F(LedgerTest, CountsGoOnOverAReload) {
  take({"192.0.2.0/24", "198.51.100.0/24"});
  count(0, 100);
  take({"198.51.100.0/24", "192.0.2.0/24"});
  count(0, 11);
  const auto prefixes = shown();
  EXPECT_EQ(prefixes.at("192.0.2.0/24").in[0].packets, 111u);
  EXPECT_EQ(prefixes.at("198.51.100.0/24").in[0].packets, 0u);
}

TEST_F(LedgerTest, RemovedPrefixIsGoneAndComesBackWithItsCounts) {
  take({"192.0.2.0/24", "198.51.100.0/24"});
  count(0, 100);
  take({"198.51.100.0/24"});
  EXPECT_FALSE(shown().contains("192.0.2.0/24"));
  take({"192.0.2.0/24", "198.51.100.0/24"});
  EXPECT_EQ(shown().at("192.0.2.0/24").in[0].packets, 100u);
}

TEST_F(LedgerTest, ANumberThatIsUsedAgainStartsFromNothing) {
  take({"192.0.2.0/24", "198.51.100.0/24"});
  count(0, 100);
  take({"203.0.113.0/24", "198.51.100.0/24"});
  EXPECT_EQ(shown().at("203.0.113.0/24").in[0].packets, 0u);
  count(0, 7);
  EXPECT_EQ(shown().at("203.0.113.0/24").in[0].packets, 7u);
  EXPECT_EQ(shown().at("203.0.113.0/24").total_in.packets, 7u);
}

TEST_F(LedgerTest, RatesAreThoseOfTheLastWindow) {
  take({"192.0.2.0/24", "198.51.100.0/24"});
  count(0, 100);
  EXPECT_DOUBLE_EQ(shown().at("192.0.2.0/24").pps_in, 1000);
  count(1, 30);
  EXPECT_DOUBLE_EQ(shown().at("192.0.2.0/24").pps_in, 0);
  EXPECT_DOUBLE_EQ(shown().at("198.51.100.0/24").pps_in, 300);
}

TEST_F(LedgerTest, HandshakesAreJudgedOverMoreThanOneWindow) {
  take({"192.0.2.0/24", "198.51.100.0/24"});
  // One SYN a window, completed in the next window: no window has both.
  for (int i = 0; i < 40; ++i) {
    NetworkWindow window = window_with(0, 10);
    window.prefixes[0].syn = i % 2 == 0 ? 1 : 0;
    window.prefixes[0].handshakes = i % 2;
    ledger_.add(window, settings_, registry_, 0);
    if (i > 20) {
      EXPECT_GT(shown().at("192.0.2.0/24").handshakes_done_ratio, 0.85);
    }
  }
}

}  // namespace
}  // namespace floodgauge
