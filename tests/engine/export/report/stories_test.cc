// The story of an event: which incidents belong together, and the words of its steps.
#include "engine/export/report/stories.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

using sample::kEvening;

Nanoseconds at(double seconds) {
  return kEvening + Nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
}

Incident incident_of(const char* id, IncidentKind kind, const char* target, double start,
                     double end) {
  Incident incident;
  incident.id = id;
  incident.kind = kind;
  incident.target = *IpPrefix::parse(target);
  incident.prefix = *IpPrefix::parse("198.51.100.0/24");
  incident.start = at(start);
  incident.end = at(end);
  incident.open = false;
  return incident;
}

Incident impact_of(const char* id, const char* service, std::vector<ServerImpact> servers,
                   double start, double end) {
  Incident incident = incident_of(id, IncidentKind::impact, "198.51.100.53/32", start, end);
  incident.impact.emplace();
  incident.impact->service = service;
  incident.impact->lost_seconds = end - start;
  incident.impact->requests = 1000;
  incident.impact->answered = 200;
  incident.impact->servers = std::move(servers);
  return incident;
}

ServerImpact server_of(const char* address, std::vector<ConditionChange> changes, double end) {
  ServerImpact server;
  server.address = *IpAddress::parse(address);
  server.start = changes.front().time;
  for (const ConditionChange& change : changes) {
    server.condition = std::max(server.condition, change.condition);
  }
  server.changes = std::move(changes);
  server.end = at(end);
  server.response_seconds_before = 0.001;
  return server;
}

class StoriesTest : public ::testing::Test {
 protected:
  void add(Incident incident) {
    snapshot_.incidents.push_back(std::make_shared<const Incident>(std::move(incident)));
  }
  /// "22:13:50 what" of each step, by seconds since the evening.
  static std::vector<std::string> steps(const Story& story) {
    std::vector<std::string> texts;
    for (const StoryStep& step : story.steps) {
      texts.push_back(std::to_string((step.time - kEvening).count / 1'000'000'000) + " " +
                      step.what);
    }
    return texts;
  }

  EngineSnapshot snapshot_ = sample::quiet();
};

TEST_F(StoriesTest, StepsAreToldInTheOrderOfTimeWithTheirServersTogether) {
  Incident flood = incident_of("f", IncidentKind::flood, "198.51.100.53/32", 10, 60);
  flood.vectors = {{.name = "reflection_dns", .share = 1}};
  flood.peak_pps = 31'000;
  flood.sources_estimate = 2000;
  add(flood);
  add(impact_of("a", "dns",
                {server_of("198.51.100.53",
                           {{at(12), Condition::slow, 0.31}, {at(18), Condition::silent, {}}}, 70)},
                12, 70));
  add(impact_of("b", "dns", {server_of("198.51.100.54", {{at(18.4), Condition::silent, {}}}, 71)},
                18.4, 71));
  Incident dark = incident_of("d", IncidentKind::blackout, "198.51.100.0/24", 40, 50);
  dark.dark = Dark::both;
  add(dark);
  const auto stories = stories_of(snapshot_);
  ASSERT_EQ(stories.size(), 1u);
  EXPECT_EQ(
      steps(stories[0]),
      (std::vector<std::string>{"10 DNS reflection on 198.51.100.53, 31 kpps, 2,000 sources",
                                "12 dns on 198.51.100.53 slow: answers take 310 ms (1 ms before)",
                                "18 dns on 198.51.100.53 and .54 silent",
                                "40 nothing comes in or goes out: blackout of 198.51.100.0/24",
                                "50 traffic of 198.51.100.0/24 is back",
                                "60 DNS reflection on 198.51.100.53 is over",
                                "70 dns on 198.51.100.53 and .54 answers as usual again (58 s)"}));
  EXPECT_EQ(stories[0].incidents, (std::vector<std::string>{"f", "a", "b", "d"}));
  EXPECT_EQ(stories[0].lost, "dns 58 s, 1.6 k requests");
  EXPECT_EQ(stories[0].end, at(71));
}

TEST_F(StoriesTest, AFloodOutIsToldOfItsSender) {
  Incident out = incident_of("o", IncidentKind::flood, "198.51.100.43/32", 10, 60);
  out.direction = Direction::out;
  out.vectors = {{.name = "udp", .share = 1}};
  out.peak_pps = 60'000;
  out.sources_estimate = 1;
  add(out);
  add(impact_of("a", "dns", {server_of("198.51.100.53", {{at(12), Condition::silent, {}}}, 70)}, 12,
                70));
  const auto stories = stories_of(snapshot_);
  ASSERT_EQ(stories.size(), 1u);
  EXPECT_EQ(steps(stories[0]).at(0), "10 UDP flood from 198.51.100.43, 60 kpps");
  EXPECT_EQ(steps(stories[0]).at(2), "60 UDP flood from 198.51.100.43 is over");
}

TEST_F(StoriesTest, OneIncidentAloneIsNoStory) {
  add(incident_of("f", IncidentKind::flood, "198.51.100.53/32", 10, 60));
  EXPECT_TRUE(stories_of(snapshot_).empty());
}

TEST_F(StoriesTest, IncidentsFarApartInTimeOrOfOtherPrefixesAreOtherEvents) {
  add(incident_of("a", IncidentKind::flood, "198.51.100.53/32", 10, 60));
  add(incident_of("b", IncidentKind::flood, "198.51.100.54/32", 121, 130));
  Incident elsewhere = incident_of("c", IncidentKind::flood, "203.0.113.9/32", 10, 60);
  elsewhere.prefix = *IpPrefix::parse("203.0.113.0/24");
  add(elsewhere);
  EXPECT_TRUE(stories_of(snapshot_).empty());
  add(incident_of("d", IncidentKind::flood, "198.51.100.55/32", 119, 140));
  const auto stories = stories_of(snapshot_);
  ASSERT_EQ(stories.size(), 1u) << "within a minute";
  EXPECT_EQ(stories[0].incidents.size(), 3u);
}

TEST_F(StoriesTest, WhatConcernsTheLinkJoinsPrefixes) {
  add(incident_of("a", IncidentKind::flood, "198.51.100.53/32", 10, 60));
  Incident elsewhere = incident_of("c", IncidentKind::flood, "203.0.113.9/32", 10, 60);
  elsewhere.prefix = *IpPrefix::parse("203.0.113.0/24");
  add(elsewhere);
  Incident link = incident_of("l", IncidentKind::saturation, "0.0.0.0/0", 20, 30);
  add(link);
  const auto stories = stories_of(snapshot_);
  ASSERT_EQ(stories.size(), 1u);
  EXPECT_EQ(stories[0].prefix, *IpPrefix::parse("0.0.0.0/0"));
}

TEST_F(StoriesTest, AnImpactThatBecameThePrefixsIsToldOnce) {
  add(impact_of("a", "dns", {server_of("198.51.100.53", {{at(12), Condition::silent, {}}}, 14)}, 12,
                14));
  Incident part = impact_of(
      "b", "dns", {server_of("198.51.100.53", {{at(12), Condition::silent, {}}}, 70)}, 12, 70);
  Incident merged = *snapshot_.incidents[0];
  merged.impact->merged_into = "b";
  snapshot_.incidents.clear();
  add(merged);
  add(part);
  const auto stories = stories_of(snapshot_);
  ASSERT_EQ(stories.size(), 1u);
  EXPECT_EQ(stories[0].steps.size(), 2u);
  EXPECT_EQ(stories[0].lost, "dns 58 s, 800 requests");
}

}  // namespace
}  // namespace floodgauge
