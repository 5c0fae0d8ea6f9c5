// From symptoms to incidents of their own, and the effect of a flood on the services behind it.
#include "detectors/effect_incidents.h"

#include <gtest/gtest.h>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::prefix_of;
using testing::Stages;

constexpr Nanoseconds kStart = whole_seconds(1000);
constexpr std::size_t kWeb = static_cast<std::size_t>(Service::https);

Symptom symptom_of(IncidentKind kind, const char* measure, double value, double limit) {
  Symptom symptom;
  symptom.kind = kind;
  symptom.since = kStart;
  symptom.now = kStart + whole_seconds(2);
  symptom.evidence = {measure, value, limit, 1};
  symptom.pps = 120;
  return symptom;
}

class EffectIncidentsTest : public ::testing::Test {
 protected:
  /// Seconds of ten windows each, with so many requests and answers of the web service a second.
  void seconds(int count, std::uint32_t requests, std::uint32_t answers) {
    for (int n = 0; n < count * 10; ++n) {
      NetworkWindow window;
      window.start = now_;
      window.end = now_ = now_ + milliseconds(100);
      PrefixWindow prefix;
      prefix.services[kWeb] = {requests / 10, answers / 10};
      prefix.total_in = prefix.total_out = {1000, 100'000};
      prefix.hosts_in = prefix.hosts_out = 20;
      window.prefixes.push_back(std::move(prefix));
      incidents_.on_window(window, stages_.settings);
    }
  }
  OngoingIncident* open(IncidentKind kind) {
    return stages_.book.find(kind, prefix_of("198.51.100.0/24"));
  }

  Stages stages_{testing::protecting("198.51.100.0/24")};
  EffectIncidents incidents_{stages_.feed.registry(), stages_.book};
  Nanoseconds now_ = kStart;
};

TEST_F(EffectIncidentsTest, ASymptomOpensAnIncidentThatIsHeldForTwoSeconds) {
  incidents_.take(symptom_of(IncidentKind::impact, "https_answers_per_second", 20, 50));
  ASSERT_NE(open(IncidentKind::impact), nullptr);
  const Incident& incident = open(IncidentKind::impact)->incident();
  EXPECT_EQ(incident.name, "web");
  EXPECT_EQ(incident.start, kStart);
  EXPECT_EQ(incident.detected, kStart + whole_seconds(2));
  EXPECT_EQ(incident.severity, Severity::medium) << "two and a half times too few answers";
  EXPECT_DOUBLE_EQ(incident.peak_pps, 120);
  EXPECT_EQ(stages_.told, std::vector<Transition>{Transition::opened});
  stages_.book.end_window(kStart + milliseconds(3900));
  EXPECT_NE(open(IncidentKind::impact), nullptr);
  stages_.book.end_window(kStart + whole_seconds(4));
  EXPECT_EQ(open(IncidentKind::impact), nullptr);
}

TEST_F(EffectIncidentsTest, SilenceIsWorseThanFewerAnswers) {
  incidents_.take(symptom_of(IncidentKind::impact, "https_answers_per_second", 0, 50));
  incidents_.take(symptom_of(IncidentKind::blackout, "inbound_packets_per_second", 0, 20));
  EXPECT_EQ(open(IncidentKind::impact)->incident().severity, Severity::high);
  EXPECT_EQ(open(IncidentKind::blackout)->incident().severity, Severity::critical);
}

TEST_F(EffectIncidentsTest, AnotherServiceOfThePrefixIsMoreEvidenceOfTheSameIncident) {
  const Symptom web = symptom_of(IncidentKind::impact, "https_answers_per_second", 20, 50);
  Symptom names = symptom_of(IncidentKind::impact, "dns_answers_per_second", 20, 50);
  names.now = kStart + whole_seconds(3);
  incidents_.take(web);
  incidents_.take(web);
  EXPECT_EQ(stages_.told.size(), 1u) << "the same again is no news";
  incidents_.take(names);
  EXPECT_EQ(stages_.told, (std::vector<Transition>{Transition::opened, Transition::updated}));
  ASSERT_EQ(open(IncidentKind::impact)->incident().evidence.size(), 2u);
  EXPECT_EQ(open(IncidentKind::impact)->incident().evidence[1].measure, "dns_answers_per_second");
  EXPECT_EQ(open(IncidentKind::impact)->last_above, names.now);
}

TEST_F(EffectIncidentsTest, ASaturatedLinkIsAnIncidentOfTheLink) {
  Symptom full = symptom_of(IncidentKind::saturation, "link_inbound_bits_per_second", 95e7, 9e8);
  full.prefix = Symptom::kLink;
  incidents_.take(full);
  OngoingIncident* const ongoing =
      stages_.book.find(IncidentKind::saturation, prefix_of("0.0.0.0/0"));
  ASSERT_NE(ongoing, nullptr);
  EXPECT_EQ(ongoing->incident().name, "link");
}

TEST_F(EffectIncidentsTest, AFloodShowsItsEffectAndNotThatOfAnEarlierOne) {
  seconds(30, 100, 100);
  seconds(5, 100, 20);
  seconds(30, 100, 100);
  OngoingIncident& flood = stages_.open_flood("198.51.100.7/32");
  seconds(2, 100, 100);
  ASSERT_TRUE(flood.incident().effect.has_value());
  EXPECT_GT(flood.incident().effect->answer_ratio_worst, 0.9) << "the bad seconds were before it";
  seconds(5, 100, 40);
  EXPECT_LT(flood.incident().effect->answer_ratio_worst, 0.6);
}

}  // namespace
}  // namespace floodgauge
