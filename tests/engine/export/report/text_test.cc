// Numbers, times and texts for people.
#include <gtest/gtest.h>

#include "engine/base/number_text.h"
#include "engine/export/report/incident_text.h"
#include "engine/export/report/text_style.h"
#include "engine/export/report/time_text.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

TEST(NumberText, HasThreeDigitsAndAUnit) {
  struct Case {
    double value;
    const char* text;
  };
  for (const Case& c : std::initializer_list<Case>{{0, "0"},
                                                   {402, "402"},
                                                   {999.4, "999"},
                                                   {999.6, "1 k"},
                                                   {1'234, "1.23 k"},
                                                   {44'100, "44.1 k"},
                                                   {611'800, "612 k"},
                                                   {999'600, "1 M"},
                                                   {1.9e6, "1.9 M"},
                                                   {2.5e20, "250 E"},
                                                   {-1500, "-1.5 k"}}) {
    EXPECT_EQ(magnitude(c.value), c.text);
  }
  EXPECT_EQ(magnitude(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(scaled(210'841'600, "bit/s"), "211 Mbit/s");
  EXPECT_EQ(scaled(12, "pps"), "12 pps");
  EXPECT_EQ(grouped(12'408'113), "12,408,113");
  EXPECT_EQ(grouped(999), "999");
}

TEST(NumberText, CountsInWords) {
  EXPECT_EQ(counted(1, "flood"), "1 flood");
  EXPECT_EQ(counted(0, "packet"), "0 packets");
  EXPECT_EQ(counted(2'560, "address"), "2,560 addresses");
}

TEST(NumberText, ShowsSharesInPercent) {
  EXPECT_EQ(percent(0), "0 %");
  EXPECT_EQ(percent(0.0001), "< 0.1 %");
  EXPECT_EQ(percent(0.004), "0.4 %");
  EXPECT_EQ(percent(0.0096), "1 %");
  EXPECT_EQ(percent(0.81), "81 %");
  EXPECT_EQ(percent(1), "100 %");
}

TEST(NumberText, ShowsSpansInTheirTwoLargestUnits) {
  struct Case {
    Nanoseconds span;
    const char* text;
  };
  for (const Case& c : std::initializer_list<Case>{{milliseconds(0), "0 ms"},
                                                   {milliseconds(100), "100 ms"},
                                                   {milliseconds(1500), "1.5 s"},
                                                   {milliseconds(59'960), "1 min"},
                                                   {whole_seconds(2530), "42 min 10 s"},
                                                   {whole_seconds(7200), "2 h"},
                                                   {whole_seconds(1'051'200), "12 d 4 h"}}) {
    EXPECT_EQ(duration(c.span), c.text);
  }
}

TEST(TimeText, IsRfc3339InUtc) {
  EXPECT_EQ(rfc3339({0}), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339({-1}), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(rfc3339({1'709'164'800'000'000'007}), "2024-02-29T00:00:00.000000007Z");
  EXPECT_EQ(rfc3339({std::numeric_limits<std::int64_t>::max()}), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(time_of_day(sample::kEvening + milliseconds(999)), "18:00:00.9");
  EXPECT_TRUE(same_day({0}, {86'399'999'999'999}));
  EXPECT_FALSE(same_day({0}, {-1}));
}

TEST(IncidentText, TitlesNameKindAndTarget) {
  Incident incident = sample::carpet();
  EXPECT_EQ(what_it_is(incident), "DNS reflection 81 %, NTP reflection 19 %");
  incident.vectors = {{"reflection_port_7777", 0.97}, {"udp", 0.03}};
  EXPECT_EQ(what_it_is(incident), "reflection from port 7777");
  incident.vectors = {{"a_vector_of_tomorrow", 1}};
  EXPECT_EQ(what_it_is(incident), "a vector of tomorrow");
  incident.kind = IncidentKind::blackout;
  EXPECT_EQ(what_it_is(incident), "blackout");
  EXPECT_EQ(what_it_hits(incident), "198.51.100.0/24");
}

TEST(IncidentText, DatesAreShownOnAnotherDay) {
  const Incident incident = sample::syn_flood();
  EXPECT_EQ(when_it_was(incident, incident.start - whole_seconds(86'400), {}),
            "2026-11-21 18:12:07 - 2026-11-21 18:19:41 (7 min 34 s)");
}

TEST(IncidentText, EffectsOfFastServicesAreReadable) {
  Effect effect;
  effect.response_seconds_worst = 0.0002;
  effect.response_seconds_before = 0.0001;
  EXPECT_EQ(effect_text(effect), "answers take under 1 ms, as before");
  effect.response_seconds_worst = 0.25;
  EXPECT_EQ(effect_text(effect), "answers take 250 ms (under 1 ms before)");
}

TEST(IncidentText, WhatIsQuietIsNotCalledStillOpen) {
  Incident incident = sample::carpet();
  const Nanoseconds now = incident.start + whole_seconds(20);
  EXPECT_EQ(when_it_was(incident, incident.start, now), "18:31:00.0 - still open (20 s)");
  incident.quiet_since = incident.start + whole_seconds(12);
  EXPECT_EQ(when_it_was(incident, incident.start, now),
            "18:31:00.0 - quiet since 18:31:12.0 (12 s)");
  incident.open = false;
  incident.end = incident.start + whole_seconds(15);
  EXPECT_EQ(when_it_was(incident, incident.start, now), "18:31:00.0 - 18:31:15.0 (15 s)");
}

TEST(TextStyle, BreaksLinesAtBlanks) {
  EXPECT_EQ(wrapped("", 10), std::vector<std::string>{""});
  EXPECT_EQ(wrapped("one two  three", 7), (std::vector<std::string>{"one two", "three"}));
  // A number stays with its unit, and a comparison with its number.
  EXPECT_EQ(wrapped("peak 412 kpps", 8), (std::vector<std::string>{"peak", "412 kpps"}));
  EXPECT_EQ(wrapped("a (< 0.1 %), b", 10), (std::vector<std::string>{"a", "(< 0.1 %),", "b"}));
  EXPECT_EQ(wrapped("a (< 0.1 %)", 5), (std::vector<std::string>{"a (<", "0.1", "%)"}));
  EXPECT_EQ(wrapped("443, 80", 5), (std::vector<std::string>{"443,", "80"}));
  EXPECT_EQ(wrapped("42 min 10 s", 8), (std::vector<std::string>{"42 min", "10 s"}));
  EXPECT_EQ(wrapped("unbreakable x", 3), (std::vector<std::string>{"unbreakable", "x"}));
}

TEST(TextStyle, BarsShowTheHighestOfEachColumn) {
  EXPECT_EQ(sparkline({}, 8), "");
  EXPECT_EQ(sparkline({0, 0}, 8), "▁▁");
  EXPECT_EQ(sparkline({0, 1, 0, 0, 0, 8}, 2), "▂█");
}

}  // namespace
}  // namespace floodgauge
