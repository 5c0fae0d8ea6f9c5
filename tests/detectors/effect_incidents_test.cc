// Incidents of services, of silence and of a full link, and the effect of a flood on the services
// behind it. Windows are made as the workers hand them over.
#include "detectors/effect_incidents.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "detectors/detection.h"
#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::prefix_of;
using testing::Stages;

constexpr Nanoseconds kStart = whole_seconds(1000);
constexpr std::uint8_t kHttps = 2;  // of default_services()
constexpr std::uint8_t kSmtp = 3;

Symptom symptom_of(IncidentKind kind, const char* measure, std::optional<Dark> dark = {}) {
  Symptom symptom;
  symptom.kind = kind;
  symptom.dark = dark;
  symptom.since = kStart;
  symptom.now = kStart + whole_seconds(2);
  symptom.evidence = {{measure, 0, 20, 1}};
  symptom.pps = 120;
  return symptom;
}

/// What one server does with 100 requests a second.
struct Server {
  const char* address;
  double answered = 1;
  double seconds = 0.002;
  std::uint8_t service = kHttps;
};

class EffectIncidentsTest : public ::testing::Test {
 protected:
  enum class Windows { judged, of_warm_up };

  void pass(double seconds, const std::vector<Server>& servers, Windows windows = Windows::judged) {
    for (int n = 0; n < static_cast<int>(seconds * 10 + 0.5); ++n) {
      ServiceWindow part;
      for (const Server& server : servers) {
        const IpAddress address = IpAddress::parse(server.address).value();
        ServiceRecord& record = *part.find(address, hash_of(address, key_), 0, server.service);
        record.counts.asked[1] = 10;
        record.first_request = now_ + milliseconds(1);
        for (int a = 0; a < std::lround(10 * server.answered); ++a) {
          part.add_answer(record,
                          {.client = ClientClass::known,
                           .timed = true,
                           .seconds = static_cast<float>(server.seconds),
                           .requested = now_ + milliseconds(1)},
                          0);
        }
      }
      NetworkWindow window;
      window.start = now_;
      window.end = now_ = now_ + milliseconds(100);
      window.services.add(part);
      window.services.finish();
      if (windows == Windows::judged) {
        incidents_.on_window(window, stages_.settings);
      } else {
        incidents_.warm_up(window, stages_.settings);
      }
      stages_.book.end_window(now_);
    }
  }
  std::vector<Incident> impacts() const {
    std::vector<Incident> found;
    for (const auto& incident : stages_.book.all()) {
      if (incident->kind == IncidentKind::impact) found.push_back(*incident);
    }
    return found;
  }
  static double at(Nanoseconds time) { return (time - kStart).seconds(); }
  OngoingIncident* open(IncidentKind kind) {
    return stages_.book.find(kind, prefix_of("198.51.100.0/24"));
  }
  void take(const Symptom& symptom) { incidents_.take(symptom, stages_.settings); }

  Stages stages_{testing::protecting("198.51.100.0/24")};
  ServiceSeasons seasons_;
  EffectIncidents incidents_{stages_.feed.registry(), stages_.book, seasons_};
  HashKey key_ = key_from_seed(1);
  Nanoseconds now_ = kStart;
};

TEST_F(EffectIncidentsTest, AnImpactNamesItsServerAndItsService) {
  pass(20, {{"198.51.100.7"}, {"198.51.100.7", 1, 0.002, kSmtp}, {"198.51.100.8"}});
  EXPECT_TRUE(impacts().empty());
  pass(10, {{"198.51.100.7", 0}, {"198.51.100.7", 1, 0.002, kSmtp}, {"198.51.100.8"}});
  pass(10, {{"198.51.100.7"}, {"198.51.100.7", 1, 0.002, kSmtp}, {"198.51.100.8"}});
  const auto found = impacts();
  ASSERT_EQ(found.size(), 1u);
  const Incident& impact = found[0];
  EXPECT_EQ(impact.target, prefix_of("198.51.100.7/32"));
  EXPECT_EQ(impact.name, "web");
  EXPECT_EQ(impact.severity, Severity::high);
  ASSERT_TRUE(impact.impact);
  EXPECT_EQ(impact.impact->service, "https");
  EXPECT_EQ(impact.impact->condition, Condition::silent);
  EXPECT_EQ(impact.impact->lost_requests(), 1000u);
  EXPECT_NEAR(impact.impact->lost_seconds, 10, 0.2);
  EXPECT_NEAR(at(impact.start), 20, 0.1);
  EXPECT_LE(at(impact.detected), 22);
  EXPECT_FALSE(impact.open);
  EXPECT_NEAR(at(*impact.end), 30, 0.1);
  EXPECT_EQ(impact.cause, "");
}

TEST_F(EffectIncidentsTest, TwoServicesOfOneServerAreTwoImpacts) {
  pass(20, {{"198.51.100.7"}, {"198.51.100.7", 1, 0.002, kSmtp}});
  pass(5, {{"198.51.100.7", 0}, {"198.51.100.7", 0, 0.002, kSmtp}});
  const auto found = impacts();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].impact->service, "https");
  EXPECT_EQ(found[1].impact->service, "smtp");
  EXPECT_NE(found[0].id, found[1].id);
}

TEST_F(EffectIncidentsTest, MostServersOfAPrefixTogetherAreOneImpactOfThePrefix) {
  const std::vector<Server> well = {
      {"198.51.100.7"}, {"198.51.100.8"}, {"198.51.100.9"}, {"198.51.100.10"}};
  pass(20, well);
  pass(2, {{"198.51.100.7", 0}, {"198.51.100.8"}, {"198.51.100.9"}, {"198.51.100.10"}});
  pass(8, {{"198.51.100.7", 0}, {"198.51.100.8", 0}, {"198.51.100.9", 0}, {"198.51.100.10"}});
  auto found = impacts();
  ASSERT_EQ(found.size(), 2u) << "that of the first server, and that of the prefix";
  const auto whole = std::find_if(found.begin(), found.end(), [](const Incident& incident) {
    return incident.target == prefix_of("198.51.100.0/24");
  });
  ASSERT_NE(whole, found.end());
  EXPECT_TRUE(whole->open);
  EXPECT_EQ(whole->impact->servers.size(), 3u);
  EXPECT_NEAR(at(whole->start), 20, 0.1);
  for (const Incident& incident : found) {
    if (incident.id == whole->id) continue;
    EXPECT_FALSE(incident.open);
    EXPECT_EQ(incident.impact->merged_into, whole->id);
  }
  const std::string id = whole->id;
  pass(10, well);
  found = impacts();
  for (const Incident& incident : found) EXPECT_FALSE(incident.open);
  for (const Incident& incident : found) {
    if (incident.id == id) {
      EXPECT_NEAR(at(*incident.end), 30, 0.2);
    }
  }
}

TEST_F(EffectIncidentsTest, OneOfThreeServersIsAnImpactOfItsOwn) {
  pass(20, {{"198.51.100.7"}, {"198.51.100.8"}, {"198.51.100.9"}});
  pass(10, {{"198.51.100.7", 0.5}, {"198.51.100.8"}, {"198.51.100.9"}});
  const auto found = impacts();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].impact->condition, Condition::failing);
  EXPECT_EQ(found[0].target, prefix_of("198.51.100.7/32"));
}

TEST_F(EffectIncidentsTest, TheFloodOnTheServerIsTheCause) {
  pass(20, {{"198.51.100.7"}});
  OngoingIncident& other = stages_.open_flood("198.51.100.99/32");
  OngoingIncident& flood = stages_.open_flood("198.51.100.7/32");
  flood.incident().prefix = other.incident().prefix = prefix_of("198.51.100.0/24");
  flood.hold = other.hold = whole_seconds(3600);
  flood.last_above = other.last_above = now_;
  flood.incident().start = other.incident().start = now_;
  other.incident().peak_pps = 1e6;
  pass(5, {{"198.51.100.7", 0}});
  const auto found = impacts();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].cause, flood.incident().id);
  ASSERT_TRUE(flood.incident().effect);
  EXPECT_LT(*flood.incident().effect->answer_ratio_worst, 0.1);
}

TEST_F(EffectIncidentsTest, MaintenanceIsToldAndAlarmsNobody) {
  stages_.settings.protect[0].maintenance = {
      {kStart + whole_seconds(15), kStart + whole_seconds(25)}};
  pass(20, {{"198.51.100.7"}});
  pass(5, {{"198.51.100.7", 0}});
  pass(10, {{"198.51.100.7"}});
  pass(5, {{"198.51.100.7", 0}});
  const auto found = impacts();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].maintenance);
  EXPECT_EQ(found[0].severity, Severity::low);
  EXPECT_FALSE(found[1].maintenance) << "it began after the maintenance";
  EXPECT_EQ(found[1].severity, Severity::high);
}

TEST_F(EffectIncidentsTest, WhereNoAnswerIsVisibleNoImpactIsClaimed) {
  pass(60, {{"198.51.100.7", 0}});
  EXPECT_TRUE(impacts().empty());
}

TEST_F(EffectIncidentsTest, ServicesShowTheirGenuineRatioAndWhatWasLost) {
  pass(20, {{"198.51.100.7"}});
  pass(10, {{"198.51.100.7", 0.5}});
  EngineSnapshot snapshot;
  snapshot.prefixes.push_back({.prefix = prefix_of("198.51.100.0/24"), .name = "web"});
  incidents_.fill(snapshot);
  ASSERT_EQ(snapshot.prefixes[0].services.size(), 1u);
  const ServiceSnapshot during = snapshot.prefixes[0].services[0];
  EXPECT_EQ(during.service, "https");
  EXPECT_NEAR(during.answer_ratio, 0.5, 0.02);
  EXPECT_NEAR(*during.response_seconds_median, 0.002, 0.0001);
  pass(10, {{"198.51.100.7"}});
  snapshot.prefixes[0].services.clear();
  incidents_.fill(snapshot);
  EXPECT_EQ(snapshot.prefixes[0].services[0].lost_requests, 500u);
}

TEST_F(EffectIncidentsTest, WindowsOfTheWarmUpAreCountedAndNotJudged) {
  pass(20, {{"198.51.100.7"}}, Windows::of_warm_up);
  pass(10, {{"198.51.100.7", 0}}, Windows::of_warm_up);
  EXPECT_TRUE(impacts().empty());
  EngineSnapshot snapshot;
  snapshot.prefixes.push_back({.prefix = prefix_of("198.51.100.0/24"), .name = "web"});
  incidents_.fill(snapshot);
  ASSERT_EQ(snapshot.prefixes[0].services.size(), 1u);
  EXPECT_EQ(snapshot.prefixes[0].services[0].requests, 3000u);
  EXPECT_EQ(snapshot.prefixes[0].services[0].answers, 2000u);
  // The same after the warm-up: nothing was learnt in it, so an impact needs windows of its own.
  pass(10, {{"198.51.100.7", 0}});
  EXPECT_TRUE(impacts().empty());
  pass(20, {{"198.51.100.7"}});
  pass(10, {{"198.51.100.7", 0}});
  EXPECT_EQ(impacts().size(), 1u);
}

TEST_F(EffectIncidentsTest, ASymptomOpensAnIncidentThatIsHeldForTwoSeconds) {
  take(symptom_of(IncidentKind::blackout, "inbound_packets_per_second", Dark::in));
  ASSERT_NE(open(IncidentKind::blackout), nullptr);
  const Incident& incident = open(IncidentKind::blackout)->incident();
  EXPECT_EQ(incident.name, "web");
  EXPECT_EQ(incident.start, kStart);
  EXPECT_EQ(incident.detected, kStart + whole_seconds(2));
  EXPECT_EQ(incident.severity, Severity::critical);
  EXPECT_EQ(incident.dark, Dark::in);
  EXPECT_DOUBLE_EQ(incident.peak_pps, 120);
  EXPECT_EQ(stages_.told, std::vector<Transition>{Transition::opened});
  stages_.book.end_window(kStart + milliseconds(3900));
  EXPECT_NE(open(IncidentKind::blackout), nullptr);
  stages_.book.end_window(kStart + whole_seconds(4));
  EXPECT_EQ(open(IncidentKind::blackout), nullptr);
}

TEST_F(EffectIncidentsTest, ABlackoutKeepsTheWidestDirection) {
  take(symptom_of(IncidentKind::blackout, "outbound_packets_per_second", Dark::out));
  take(symptom_of(IncidentKind::blackout, "outbound_packets_per_second", Dark::out));
  EXPECT_EQ(stages_.told.size(), 1u) << "the same again is no news";
  take(symptom_of(IncidentKind::blackout, "inbound_packets_per_second", Dark::in));
  EXPECT_EQ(open(IncidentKind::blackout)->incident().dark, Dark::both);
  take(symptom_of(IncidentKind::blackout, "outbound_packets_per_second", Dark::out));
  EXPECT_EQ(open(IncidentKind::blackout)->incident().dark, Dark::both);
  EXPECT_EQ(stages_.told, (std::vector<Transition>{Transition::opened, Transition::updated}));
  EXPECT_EQ(open(IncidentKind::blackout)->incident().evidence.size(), 2u);
}

TEST_F(EffectIncidentsTest, ABlackoutEndsWhenTrafficIsBack) {
  take(symptom_of(IncidentKind::blackout, "inbound_packets_per_second", Dark::in));
  Symptom over = symptom_of(IncidentKind::blackout, "inbound_packets_per_second", Dark::in);
  over.over = true;
  over.now = kStart + milliseconds(1700);
  take(over);
  stages_.book.end_window(kStart + whole_seconds(4));
  ASSERT_EQ(stages_.book.all().size(), 1u);
  EXPECT_EQ(stages_.book.all()[0]->end, kStart + milliseconds(1700));
}

TEST_F(EffectIncidentsTest, ASaturatedLinkIsAnIncidentOfTheLink) {
  Symptom full = symptom_of(IncidentKind::saturation, "link_inbound_bits_per_second");
  full.prefix = Symptom::kLink;
  take(full);
  OngoingIncident* const ongoing =
      stages_.book.find(IncidentKind::saturation, prefix_of("0.0.0.0/0"));
  ASSERT_NE(ongoing, nullptr);
  EXPECT_EQ(ongoing->incident().name, "link");
  EXPECT_EQ(ongoing->incident().severity, Severity::high);
}

TEST_F(EffectIncidentsTest, ASaturatedLinkTellsTheGreatestShareThatIsLost) {
  Symptom full = symptom_of(IncidentKind::saturation, "link_inbound_bits_per_second");
  full.prefix = Symptom::kLink;
  full.lost_share = 0.03;
  take(full);
  const auto& evidence =
      stages_.book.find(IncidentKind::saturation, prefix_of("0.0.0.0/0"))->incident().evidence;
  EXPECT_EQ(evidence.size(), 1u) << "3 % is chance";
  for (const double lost : {0.2, 0.6, 0.4}) {
    full.lost_share = lost;
    take(full);
  }
  ASSERT_EQ(evidence.size(), 2u);
  EXPECT_EQ(evidence[1].measure, "link_lost_estimate_share");
  EXPECT_DOUBLE_EQ(evidence[1].value, 0.6);
}

TEST_F(EffectIncidentsTest, AFloodShowsItsEffectAndNotThatOfAnEarlierOne) {
  pass(30, {{"198.51.100.7"}});
  pass(5, {{"198.51.100.7", 0.2}});
  pass(30, {{"198.51.100.7"}});
  OngoingIncident& flood = stages_.open_flood("198.51.100.7/32");
  flood.hold = whole_seconds(3600);
  pass(2, {{"198.51.100.7"}});
  ASSERT_TRUE(flood.incident().effect.has_value());
  EXPECT_GT(flood.incident().effect->answer_ratio_worst, 0.9) << "the bad seconds were before it";
  pass(5, {{"198.51.100.7", 0.4}});
  EXPECT_LT(flood.incident().effect->answer_ratio_worst, 0.6);
}

}  // namespace
}  // namespace floodgauge
