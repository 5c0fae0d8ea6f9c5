#include "detectors/trackers.h"

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

constexpr Nanoseconds kStart = whole_seconds(1'700'000'000);

IpPrefix target(std::uint32_t i) {
  const IpAddress address =
      IpAddress::parse("203.0." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256))
          .value();
  return i % 7 == 0 ? IpPrefix::around(address, 31) : IpPrefix::host(address);
}

TEST(Trackers, AHostAndANetworkOfTheSameAddressAreTwo) {
  Trackers trackers(16);
  const IpAddress address = IpAddress::parse("203.0.113.0").value();
  TargetTracker& host = trackers.add(IpPrefix::host(address), kStart, 1);
  TargetTracker& network = trackers.add(IpPrefix::around(address, 24), kStart, 2);
  EXPECT_EQ(trackers.find(IpPrefix::host(address)), &host);
  EXPECT_EQ(trackers.find(IpPrefix::around(address, 24)), &network);
  EXPECT_EQ(trackers.find(IpPrefix::around(address, 25)), nullptr);
}

/// Compared with a plain map while many targets are added and erased.
TEST(Trackers, AreFoundLikeInAMap) {
  constexpr std::uint32_t kMost = 512;
  Trackers trackers(kMost);
  std::map<IpPrefix, std::uint32_t> known;
  std::mt19937 random(3);
  std::uint32_t erasures = 0;
  for (std::uint32_t step = 0; step < 20'000; ++step) {
    const IpPrefix one = target(static_cast<std::uint32_t>(random() % 2000));
    const auto at = known.find(one);
    TargetTracker* const found = trackers.find(one, trackers.prefetch(one));
    ASSERT_EQ(found != nullptr, at != known.end());
    if (found != nullptr) {
      ASSERT_EQ(found->prefix(), at->second);
      continue;
    }
    trackers.add(one, kStart, step);
    known[one] = step;
    if (trackers.size() < kMost) continue;
    // Keeps one in three of the last thousand, which is well below the bound.
    const auto goes = [step](std::uint32_t begun) { return begun % 3 != 0 || begun + 1000 < step; };
    trackers.erase_if([&](const TargetTracker& tracker) { return goes(tracker.prefix()); });
    std::erase_if(known, [&](const auto& item) { return goes(item.second); });
    ++erasures;
    ASSERT_EQ(trackers.size(), known.size());
  }
  EXPECT_GT(erasures, 10u);
  auto at = known.begin();
  for (const auto& [address, tracker] : trackers) {
    ASSERT_NE(at, known.end());
    EXPECT_EQ(address, at->first) << "in the order of addresses";
    EXPECT_EQ(tracker->prefix(), at->second);
    ++at;
  }
}

}  // namespace
}  // namespace floodgauge
