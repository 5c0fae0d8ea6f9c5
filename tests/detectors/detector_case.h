// One detector by itself: counts of one target in, findings out. For the tests of each detector.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "detectors/detector.h"

namespace floodgauge::testing {

struct In {
  Vector vector;
  std::uint64_t packets;
  std::uint64_t bytes_each = 100;
};

/// One target, over one window of 100 ms unless `seconds` says otherwise.
struct DetectorCase {
  const char* why;
  std::vector<In> in;
  TargetCounts counts = {};        ///< added to those of `in`
  std::vector<Vector> found = {};  ///< vectors of the findings, in order
  double seconds = 0.1;
  double scale = 1;
  std::uint32_t sources = 0;  ///< 0: nothing is known of the sources
  bool left_alone = false;    ///< a reason is given why it is no flood
  bool whole_prefix = false;
  bool one_port = false;  ///< all packets go to one port
  /// The port that all datagrams come from; 0: another one for each.
  std::uint16_t source_port = 0;
};

inline TargetCounts counts_of(const DetectorCase& one) {
  TargetCounts counts = one.counts;
  for (const In& in : one.in) {
    const Volume volume{in.packets, in.packets * in.bytes_each};
    counts.vectors.add(in.vector, volume);
    counts.in_total += volume;
  }
  return counts;
}

inline TargetSummary summary_of(std::uint32_t sources, bool one_port) {
  TargetSummary summary;
  for (std::uint32_t n = 0; n < sources; ++n) {
    const auto port = static_cast<std::uint16_t>(one_port ? 443 : 1000 + n);
    summary.add(LogEntry{.source = IpAddress::from_v4(0xc0000200u + n * 0x9e3779b1u),
                         .destination_port = port},
                key_from_seed(1));
  }
  return summary;
}

enum class When { window, period };

/// Expects of each case what it says that the detector `name` finds.
inline void expect_found(std::string_view name, When when, const std::vector<DetectorCase>& cases) {
  const Detector* detector = nullptr;
  for (const Detector& row : detector_table()) {
    if (row.name == name) detector = &row;
  }
  ASSERT_NE(detector, nullptr) << name;
  const auto check = when == When::window ? detector->on_window : detector->on_period;
  ASSERT_NE(check, nullptr) << name;
  const Thresholds limits = default_host_thresholds();
  for (const DetectorCase& one : cases) {
    const TargetCounts counts = counts_of(one);
    const TargetSummary summary = summary_of(one.sources, one.one_port);
    SourcesByGroup groups;
    for (std::uint32_t n = 0; n < one.sources; ++n) {
      groups.of(Vector::udp)
          .add({.source = IpAddress::from_v4(0xc0000200u + n * 0x9e3779b1u),
                .source_port =
                    one.source_port != 0 ? one.source_port : static_cast<std::uint16_t>(1000 + n)},
               key_from_seed(1));
    }
    Verdict verdict;
    check({.counts = counts,
           .seconds = one.seconds,
           .summary = one.sources == 0 ? nullptr : &summary,
           .sources = one.source_port == 0 ? nullptr : &groups,
           .limits = &limits,
           .scale = one.scale,
           .whole_prefix = one.whole_prefix},
          verdict);
    std::vector<std::string_view> found;
    std::vector<std::string_view> expected;
    for (const Finding& finding : verdict.findings) found.push_back(info(finding.vector).name);
    for (const Vector vector : one.found) expected.push_back(info(vector).name);
    EXPECT_EQ(found, expected) << one.why;
    EXPECT_EQ(!verdict.left_alone.empty(), one.left_alone) << one.why << ": " << verdict.left_alone;
    for (const Finding& finding : verdict.findings) {
      EXPECT_FALSE(finding.measure.empty()) << one.why;
      EXPECT_EQ(finding.seconds, one.seconds) << one.why;
    }
  }
}

}  // namespace floodgauge::testing
