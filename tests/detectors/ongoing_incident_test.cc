// What is measured of an incident while it is open.
#include "detectors/ongoing_incident.h"

#include <gtest/gtest.h>

#include <vector>

namespace floodgauge {
namespace {

Incident flood() {
  Incident incident;
  incident.kind = IncidentKind::flood;
  incident.target = IpPrefix::host(IpAddress::from_v4(0xc6330001u));
  incident.start = whole_seconds(100);
  incident.detected = incident.start + milliseconds(200);
  return incident;
}

TEST(OngoingIncident, TheRateHistoryHasAtMostSixtyPoints) {
  OngoingIncident ongoing(flood(), UsualRates{}, 64);
  for (int window = 0; window < 10000; ++window) ongoing.note_rate(window < 5000 ? 100 : 300);
  ongoing.render(nullptr);
  const std::vector<double>& history = ongoing.incident().rate_history;
  ASSERT_LE(history.size(), 60u);
  ASSERT_GE(history.size(), 30u);
  EXPECT_DOUBLE_EQ(history.front(), 100);
  EXPECT_DOUBLE_EQ(history.back(), 300);
}

TEST(OngoingIncident, TheEvidenceOfRequestsIsTheirHighestRate) {
  Incident first = flood();
  first.evidence = {{"http_requests_per_second", 6000, 5000, 0.1}, {"other_per_second", 7, 5, 0.1}};
  OngoingIncident ongoing(first, UsualRates{}, 64);
  ongoing.note({{Vector::http_request, "http_requests_per_second", 96000, 5000, 1}}, true);
  ongoing.note({{Vector::http_request, "http_requests_per_second", 90000, 5000, 0.1},
                {Vector::other, "other_per_second", 8, 5, 0.1}},
               true);
  const std::vector<Evidence>& evidence = ongoing.incident().evidence;
  EXPECT_EQ(evidence[0].value, 96000);
  EXPECT_EQ(evidence[0].window_seconds, 1);
  EXPECT_EQ(evidence[1].value, 7) << "what opened the incident";
}

TEST(OngoingIncident, FragmentsAreCountedAsTheReflectionTheyBelongTo) {
  TargetCounts counts;
  counts.vectors.add(Vector::udp_fragment, {2000, 2'800'000});
  const TargetCounts fragments = counts;
  counts.vectors.add(Vector::reflection_dns, {1000, 1'400'000});
  OngoingIncident with_answers(flood(), UsualRates{}, 64);
  with_answers.add(counts, 0.1);
  with_answers.render(nullptr);
  ASSERT_EQ(with_answers.incident().vectors.size(), 1u);
  EXPECT_EQ(with_answers.incident().vectors[0].name, "reflection_dns");

  OngoingIncident alone(flood(), UsualRates{}, 64);
  alone.add(fragments, 0.1);
  alone.render(nullptr);
  EXPECT_EQ(alone.incident().vectors[0].name, "udp_fragment");
}

}  // namespace
}  // namespace floodgauge
