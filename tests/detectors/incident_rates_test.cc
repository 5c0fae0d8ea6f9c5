// The present rates of an open incident by vector, which the metrics show.
#include <gtest/gtest.h>

#include "detectors/incident_book.h"

namespace floodgauge {
namespace {

TargetCounts window_of(Vector vector, std::uint64_t packets, std::uint64_t bytes) {
  TargetCounts counts;
  counts.vectors.add(vector, {packets, bytes});
  counts.in_total = {packets, bytes};
  return counts;
}

const VectorShare* find(const Incident& incident, const std::string& name) {
  for (const VectorShare& vector : incident.vectors) {
    if (vector.name == name) return &vector;
  }
  return nullptr;
}

TEST(IncidentRates, AreThoseOfTheLastWindowForEachVector) {
  OngoingIncident ongoing(Incident{}, UsualRates{}, 16);
  for (int i = 0; i < 9; ++i) ongoing.add(window_of(Vector::tcp_syn, 1000, 60'000), 0.1);
  // The attacker changes to another vector with longer packets.
  ongoing.add(window_of(Vector::icmp, 500, 500'000), 0.1);
  ongoing.render(nullptr);
  const VectorShare* syn = find(ongoing.incident(), "tcp_syn");
  const VectorShare* icmp = find(ongoing.incident(), "icmp");
  ASSERT_TRUE(syn != nullptr && icmp != nullptr);
  EXPECT_NEAR(syn->share, 9000.0 / 9500, 1e-9) << "of all its packets";
  EXPECT_DOUBLE_EQ(syn->current_pps, 0);
  EXPECT_DOUBLE_EQ(syn->current_bps, 0);
  EXPECT_DOUBLE_EQ(icmp->current_pps, 5000);
  EXPECT_DOUBLE_EQ(icmp->current_bps, 40'000'000);
  EXPECT_DOUBLE_EQ(ongoing.incident().current_pps, 5000);
}

TEST(IncidentRates, AreZeroInAQuietWindow) {
  OngoingIncident ongoing(Incident{}, UsualRates{}, 16);
  ongoing.add(window_of(Vector::tcp_syn, 1000, 60'000), 0.1);
  ongoing.add_nothing();
  ongoing.render(nullptr);
  const VectorShare* syn = find(ongoing.incident(), "tcp_syn");
  ASSERT_NE(syn, nullptr);
  EXPECT_DOUBLE_EQ(syn->current_pps, 0);
  EXPECT_DOUBLE_EQ(ongoing.incident().current_pps, 0);
  EXPECT_DOUBLE_EQ(syn->share, 1);
}

}  // namespace
}  // namespace floodgauge
