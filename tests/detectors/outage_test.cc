// Outages beside SYN floods: the usual clients who try again, and what else looks like them.
#include "detectors/outage.h"

#include <gtest/gtest.h>

#include "detectors/detector.h"
#include "tests/detectors/detector_case.h"

namespace floodgauge {
namespace {

/// SYNs in a second, of which `repeated` belong to flows whose SYN was seen before.
TargetCounts syns(std::uint64_t all, std::uint64_t repeated) {
  TargetCounts counts;
  counts.vectors.add(Vector::tcp_syn, {all, all * 60});
  counts.in_total = {all, all * 60};
  counts.repeated_syns = repeated;
  return counts;
}

bool outage(const TargetCounts& counts, double served, bool sampled = false) {
  const Thresholds limits = default_host_thresholds();
  return is_outage({.counts = counts,
                    .seconds = 1,
                    .summary = nullptr,
                    .limits = &limits,
                    .served = served,
                    .served_sampled = sampled});
}

TEST(Outage, NewFlowsAsManyAsWereServed) {
  EXPECT_TRUE(outage(syns(7520, 0), 5000)) << "one and a half times as many, and twenty";
  EXPECT_FALSE(outage(syns(7521, 0), 5000));
  EXPECT_FALSE(outage(syns(200, 0), 0)) << "a server that was never seen to answer";
}

TEST(Outage, ClientsThatTryAgainOpenMoreConnectionsToo) {
  EXPECT_TRUE(outage(syns(22530, 7510), 5000)) << "half of the flows repeat their SYN";
  EXPECT_TRUE(outage(syns(20000, 15000), 5000)) << "5,000 a second, each tried four times";
  EXPECT_FALSE(outage(syns(22600, 7400), 5000)) << "15,200 new flows";
  EXPECT_FALSE(outage(syns(60000, 30000), 5000)) << "a flood that sends each SYN twice";
}

TEST(Outage, BelowTheLimitASampleShowsRepeatedSynsAsNew) {
  EXPECT_TRUE(outage(syns(520, 0), 100));
  EXPECT_FALSE(outage(syns(521, 0), 100));
  EXPECT_FALSE(outage(syns(5100, 0), 1100)) << "above the limit of SYNs, repeats would be seen";
  EXPECT_TRUE(outage(syns(5100, 0), 1100, true)) << "where a sample was served before";
  EXPECT_FALSE(outage(syns(5521, 0), 1100, true));
}

TEST(Outage, ServedRateIsRememberedWhileNobodyAnswers) {
  ServedRate served;
  served.learn(syns(300, 0), 1);
  EXPECT_EQ(served.value(), 0) << "not answered";
  TargetCounts answered = syns(300, 0);
  answered.handshakes = 150;
  served.learn(answered, 1);
  EXPECT_EQ(served.value(), 300);
  answered.handshakes = 149;
  answered.vectors.add(Vector::tcp_established, {}, 599);
  served.learn(syns(30, 0), 1);
  EXPECT_EQ(served.value(), 300) << "a second of the outage";
  served.learn(syns(0, 0), 1);
  EXPECT_EQ(served.value(), 300) << "a second without clients";
  ServedRate sampled;
  sampled.learn(answered, 1);
  EXPECT_EQ(sampled.value(), 0) << "fewer than two segments for each SYN";
  answered.vectors.add(Vector::tcp_established, {}, 1);
  sampled.learn(answered, 1);
  EXPECT_EQ(sampled.value(), 300);
  EXPECT_TRUE(sampled.sampled());
  EXPECT_FALSE(served.sampled());
}

TEST(Outage, SynDetectorLeavesItAlone) {
  const Thresholds limits = default_host_thresholds();
  const TargetCounts counts = syns(2000, 1500);
  Verdict outage;
  check_syn({.counts = counts, .seconds = 0.1, .limits = &limits, .served = 5000}, outage);
  EXPECT_TRUE(outage.findings.empty());
  EXPECT_NE(outage.left_alone.find("outage"), std::string::npos) << outage.left_alone;
  Verdict flood;
  check_syn({.counts = counts, .seconds = 0.1, .limits = &limits, .served = 0}, flood);
  EXPECT_FALSE(flood.findings.empty());
}

TEST(SharedScan, SourcesThatEachTrySeveralPorts) {
  const auto summary_of = [](unsigned sources, unsigned ports, unsigned packets) {
    TargetSummary summary;
    for (unsigned n = 0; n < packets; ++n) {
      summary.add(LogEntry{.source = IpAddress::from_v4(0x0b000001u + n % sources * 0x9e3779b1u),
                           .destination_port = static_cast<std::uint16_t>(1 + n % ports)},
                  key_from_seed(1));
    }
    return summary;
  };
  EXPECT_TRUE(is_shared_scan(summary_of(60, 600, 600)));
  EXPECT_FALSE(is_shared_scan(summary_of(600, 600, 600))) << "each source once: forged";
  EXPECT_FALSE(is_shared_scan(summary_of(60, 200, 600))) << "each port three times";
  EXPECT_TRUE(is_shared_scan(summary_of(60, 300, 600))) << "each port twice";
  EXPECT_FALSE(is_shared_scan(summary_of(60, 299, 600)));
  EXPECT_FALSE(is_shared_scan(TargetSummary{})) << "nobody";
}

}  // namespace
}  // namespace floodgauge
