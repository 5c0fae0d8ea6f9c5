#include "engine/app/sampling.h"

#include <gtest/gtest.h>

#include <memory>

namespace floodgauge {
namespace {

TEST(Sampling, LimitsAreDividedAndRaisedByThreeStandardErrors) {
  Settings settings;
  settings.profiles["default"].thresholds.packets = 50'000;
  settings.profiles["default"].thresholds.syn = std::nullopt;
  settings.profiles["default"].thresholds.bits = 560e6;
  settings.link.capacity = 10e9;
  EXPECT_EQ(settings_of_arrivals(settings), settings) << "every packet arrives";
  settings.sampling = 100;
  const Settings lowered = settings_of_arrivals(settings);
  const Thresholds& limits = lowered.profiles.at("default").thresholds;
  // 500 packets/s are 50 in a window of 100 ms, with a standard error of 7.07.
  EXPECT_NEAR(limits.packets.value(), 500 + 3 * 70.7, 0.1);
  EXPECT_FALSE(limits.syn.has_value());
  // 5.6 Mbit/s are 1,000 packets of 700 bytes a second, 100 in a window.
  EXPECT_NEAR(limits.bits.value(), 5.6e6 * 1.3, 1);
  EXPECT_DOUBLE_EQ(lowered.link.capacity.value(), 100e6);
}

TEST(Sampling, TheErrorFallsWithTheNumberOfPackets) {
  EXPECT_EQ(sampling_error(1000, 1), 0);
  EXPECT_NEAR(sampling_error(10'000, 1000), 0.0196, 0.0001);
  EXPECT_NEAR(sampling_error(100, 2), 0.1386, 0.0001);
  EXPECT_NEAR(sampling_error(0, 2), sampling_error(1, 2), 1e-12);
}

TEST(Sampling, FiguresOfTrafficAreScaledAndThoseOfFramesAreNot) {
  EngineSnapshot snapshot;
  snapshot.total = {1000, 60'000};
  PrefixSnapshot prefix;
  prefix.total_in = {900, 54'000};
  prefix.peak_pps_in = 90;
  snapshot.prefixes = {prefix};
  Incident incident;
  incident.total = {400, 24'000};
  incident.peak_pps = 40;
  incident.top_sources = {{"192.0.2.1", 100, 0.25}};
  incident.evidence = {{"tcp_syn_packets_per_second", 40, 10, 0.1},
                       {"handshakes_completed_per_syn", 0.02, 0.3, 0.1}};
  snapshot.incidents = {std::make_shared<const Incident>(incident)};
  scale(snapshot, 10);
  EXPECT_EQ(snapshot.sampling, 10u);
  EXPECT_EQ(snapshot.total, (Volume{1000, 60'000}));
  EXPECT_EQ(snapshot.prefixes[0].total_in, (Volume{9000, 540'000}));
  EXPECT_EQ(snapshot.prefixes[0].peak_pps_in, 900);
  const Incident& scaled = *snapshot.incidents[0];
  EXPECT_EQ(scaled.total, (Volume{4000, 240'000}));
  EXPECT_EQ(scaled.peak_pps, 400);
  EXPECT_EQ(scaled.top_sources[0].packets, 1000u);
  EXPECT_EQ(scaled.top_sources[0].share, 0.25);
  EXPECT_EQ(scaled.evidence[0].value, 400);
  EXPECT_EQ(scaled.evidence[0].limit, 100);
  EXPECT_EQ(scaled.evidence[1].value, 0.02);
  EXPECT_EQ(scaled.evidence[1].limit, 0.3);
  EXPECT_EQ(scaled.sampling, 10u);
  EXPECT_NEAR(scaled.sampling_error, sampling_error(400, 10), 1e-12);
}

}  // namespace
}  // namespace floodgauge
