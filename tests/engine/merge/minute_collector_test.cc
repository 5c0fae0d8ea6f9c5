// The minutes that the history keeps, and the points of a replay's page.
#include "engine/merge/minute_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/merge/link_series.h"
#include "tests/support/window_feed.h"

namespace floodgauge {
namespace {

using floodgauge::testing::WindowFeed;
using ::testing::SizeIs;

std::size_t limit(std::string_view key) {
  for (std::size_t i = 0; i < kLimits; ++i) {
    if (kThresholdTable[i].key == key) return i;
  }
  ADD_FAILURE() << key;
  return 0;
}

class MinuteCollectorTest : public ::testing::Test {
 protected:
  MinuteCollectorTest() {
    ProtectEntry web{.name = "web", .prefixes = {*IpPrefix::parse("198.51.100.0/24")}};
    ProtectEntry mail{.name = "mail", .prefixes = {*IpPrefix::parse("203.0.113.0/24")}};
    settings_.protect = {web, mail};
    feed_ = std::make_unique<WindowFeed>(settings_);
  }
  void close(MinuteCollector& collector) {
    feed_->close([&](const NetworkWindow& window) { collector.add(window, feed_->registry()); });
  }
  MinuteCollector collector(std::size_t most = 10) {
    return {most, [this](MinuteRates minute) { minutes_.push_back(std::move(minute)); }};
  }

  Settings settings_;
  std::unique_ptr<WindowFeed> feed_;
  std::vector<MinuteRates> minutes_;
};

TEST_F(MinuteCollectorTest, KeepsTheHighestHostOfEachLimit) {
  MinuteCollector minute = collector();
  feed_->add({.target = "198.51.100.7", .vector = Vector::tcp_syn, .packets = 100});
  feed_->add({.target = "198.51.100.8", .vector = Vector::tcp_syn, .packets = 300});
  feed_->add({.target = "198.51.100.8", .vector = Vector::tcp_established, .packets = 5000});
  close(minute);
  feed_->add({.target = "198.51.100.7", .vector = Vector::tcp_syn, .packets = 200});
  feed_->add({.target = "198.51.100.9", .vector = Vector::icmp, .packets = 50});
  close(minute);
  minute.finish();
  ASSERT_THAT(minutes_, SizeIs(1));
  ASSERT_THAT(minutes_[0].prefixes, SizeIs(1));
  const PrefixMinute& web = minutes_[0].prefixes[0];
  EXPECT_EQ(web.name, "web");
  const LimitPeak syn = web.peaks[limit("syn")];
  EXPECT_NEAR(syn.host_rate, 3000, 1) << "in one window of 100 ms";
  EXPECT_EQ(syn.host.text(), "198.51.100.8");
  EXPECT_EQ(web.peaks[limit("packets")].host.text(), "198.51.100.8");
  EXPECT_NEAR(web.peaks[limit("packets")].host_rate, 3000, 1)
      << "established traffic is not counted";
  EXPECT_EQ(web.peaks[limit("icmp")].host.text(), "198.51.100.9");
  EXPECT_EQ(web.peaks[limit("udp")].host_rate, 0);
}

TEST_F(MinuteCollectorTest, KeepsTheBusiestPrefixesAndTheSumOfAll) {
  MinuteCollector minute = collector(1);
  for (const char* target : {"198.51.100.7", "203.0.113.9", "203.0.113.10"}) {
    feed_->add({.target = target, .vector = Vector::udp, .packets = 100});
  }
  close(minute);
  minute.finish();
  ASSERT_THAT(minutes_, SizeIs(1));
  ASSERT_THAT(minutes_[0].prefixes, SizeIs(1));
  EXPECT_EQ(minutes_[0].prefixes[0].name, "mail") << "it has two packets for each of the other's";
  EXPECT_EQ(minutes_[0].all.in[static_cast<std::size_t>(TrafficClass::udp)].packets, 300u);
  minute.finish();
  EXPECT_THAT(minutes_, SizeIs(1)) << "a minute without a window is none";
}

NetworkWindow window_at(double seconds, std::uint64_t packets) {
  NetworkWindow window;
  window.start = {static_cast<std::int64_t>(seconds * 1e9)};
  window.end = window.start + milliseconds(100);
  PrefixWindow prefix;
  prefix.prefix = 0;
  prefix.in[static_cast<std::size_t>(TrafficClass::udp)] = {packets, packets * 100};
  prefix.out[static_cast<std::size_t>(TrafficClass::tcp)] = {1, 60};
  window.prefixes.push_back(std::move(prefix));
  return window;
}

TEST_F(MinuteCollectorTest, MinutesEndAtWholeMinutes) {
  MinuteCollector minute = collector();
  for (const double at : {119.8, 119.9, 120.0, 120.1, 120.2, 240.0}) {
    minute.add(window_at(at, 10), feed_->registry());
  }
  minute.finish();
  ASSERT_THAT(minutes_, SizeIs(3));
  EXPECT_EQ(minutes_[0].start, whole_seconds(60));
  EXPECT_EQ(minutes_[0].covered, milliseconds(200));
  EXPECT_EQ(minutes_[1].start, whole_seconds(120));
  EXPECT_EQ(minutes_[2].start, whole_seconds(240));
  const auto udp = static_cast<std::size_t>(TrafficClass::udp);
  EXPECT_EQ(minutes_[1].all.in[udp], (Volume{30, 3000}));
  EXPECT_EQ(minutes_[1].all.peaks[limit("udp")].prefix_rate, 100);
}

TEST(LinkSeries, JoinsNeighboursWhenThereAreTooMany) {
  LinkSeries series;
  const std::size_t windows = LinkSeries::kMost * 5 + 3;
  for (std::size_t i = 0; i < windows; ++i) series.add(window_at(static_cast<double>(i) / 10, i));
  EXPECT_LE(series.points().size(), LinkSeries::kMost);
  EXPECT_GT(series.points().size(), LinkSeries::kMost / 4);
  std::uint64_t packets = 0;
  Nanoseconds covered;
  Nanoseconds before{-1};
  for (const LinkSeries::Point& point : series.points()) {
    packets += point.in[static_cast<std::size_t>(TrafficClass::udp)].packets;
    covered = covered + point.covered;
    EXPECT_LT(before, point.start);
    before = point.start;
  }
  EXPECT_EQ(packets, windows * (windows - 1) / 2) << "nothing is lost";
  EXPECT_EQ(covered, milliseconds(100 * static_cast<std::int64_t>(windows)));
}

TEST(LinkSeries, KeepsAFewAsTheyAre) {
  LinkSeries series;
  for (std::size_t i = 0; i < LinkSeries::kMost; ++i) {
    series.add(window_at(static_cast<double>(i) / 10, 1));
  }
  EXPECT_THAT(series.points(), SizeIs(LinkSeries::kMost));
}

}  // namespace
}  // namespace floodgauge
