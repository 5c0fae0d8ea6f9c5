// The history: what is stored is found again, also after a crash.
#include <sys/wait.h>

#include <csignal>
#include <random>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/app/announcements.h"
#include "engine/export/history/history_reader.h"
#include "engine/export/history/history_writer.h"
#include "engine/export/report/incident_json.h"
#include "tests/engine/export/history/history_fixture.h"

namespace floodgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(RatesBlob, IsReadAsItWasWritten) {
  StoredRates rates;
  rates.covered_ms = 59'900;
  rates.classes[3] = {{1, 64}, {0, 0}};
  rates.classes[900] = {{1'000'000'000'000, 1'000'000'000'000'000}, {7, 8}};
  rates.limits[0] = {10, *IpAddress::parse("192.0.2.1"), 20};
  rates.limits[1] = {11, *IpAddress::parse("192.0.2.1"), 0};
  rates.limits[2] = {0, {}, 5};
  rates.limits[3] = {12, *IpAddress::parse("2001:db8::1"), 20};
  const std::string bytes = to_blob(rates);
  const auto read = from_blob(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->covered_ms, 59'900u);
  EXPECT_EQ(read->classes.at(900).in.bytes, 1'000'000'000'000'000u);
  EXPECT_EQ(read->classes.at(3).in.packets, 1u);
  EXPECT_EQ(read->limits, rates.limits);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(from_blob(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(from_blob(bytes + "x"));
  EXPECT_FALSE(from_blob("\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
}

TEST(RatesBlob, OfTwoMinutesAddsUpAndKeepsTheHigherPeak) {
  StoredRates one;
  one.covered_ms = 60'000;
  one.classes[1].in = {10, 100};
  one.limits[0] = {10, *IpAddress::parse("192.0.2.1"), 30};
  StoredRates other;
  other.covered_ms = 30'000;
  other.classes[1].in = {5, 50};
  other.classes[2].out = {1, 1};
  other.limits[0] = {11, *IpAddress::parse("192.0.2.2"), 20};
  one.merge(other);
  EXPECT_EQ(one.covered_ms, 90'000u);
  EXPECT_EQ(one.classes[1].in, (Volume{15, 150}));
  EXPECT_EQ(one.classes[2].out, (Volume{1, 1}));
  EXPECT_EQ(one.limits[0], (LimitPeak{11, *IpAddress::parse("192.0.2.2"), 30}));
}

TEST_F(HistoryTest, KeepsTheWholeObjectOfAnIncident) {
  {
    HistoryWriter writer(options());
    writer.put({kEvening, incident(1, true)}, {});
    writer.put({kEvening, incident(1, false)}, {});
    writer.put({kEvening, incident(2, true, kEvening + whole_seconds(5))}, {});
    writer.flush();
  }
  HistoryReader reader(path_);
  const auto rows = reader.incidents({});
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].json, json_text(incident_json(*incident(1, false))));
  EXPECT_EQ(rows[0].rate, "[1.0,2.0,3.3]");
  EXPECT_FALSE(rows[0].open);
  EXPECT_TRUE(rows[1].open);
  EXPECT_EQ(reader.incident("id2")->number, 2u);
  EXPECT_FALSE(reader.incident("id3"));
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_EQ(counts_[HistoryResult::failed] + counts_[HistoryResult::dropped], 0);
}

TEST_F(HistoryTest, PagesGoOnWhereTheLastEnded) {
  {
    HistoryWriter writer(options());
    for (std::uint32_t i = 0; i < 25; ++i) {
      // Pairs begin at the same time.
      writer.put({kEvening, incident(i, i == 3, kEvening + whole_seconds(i / 2))}, {});
    }
    writer.flush();
  }
  HistoryReader reader(path_);
  for (const bool latest_first : {false, true}) {
    IncidentQuery query{.latest_first = latest_first, .limit = 4};
    std::vector<IncidentPlace> places;
    while (true) {
      const auto rows = reader.incidents(query);
      if (rows.empty()) break;
      for (const auto& row : rows) places.push_back({row.start, row.target, row.id});
      query.after = places.back();
    }
    EXPECT_THAT(places, SizeIs(25));
    if (latest_first) std::reverse(places.begin(), places.end());
    EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
  }
  EXPECT_THAT(reader.incidents({.open = true}), SizeIs(1));
  EXPECT_THAT(reader.incidents({.open = false}), SizeIs(24));
  // Each lasts a minute: the last ended at 72 s. The open one lasts on.
  EXPECT_THAT(reader.incidents({.since = kEvening + whole_seconds(71)}), SizeIs(4));
  EXPECT_THAT(reader.incidents({.since = kEvening + whole_seconds(73)}), SizeIs(1));
  EXPECT_THAT(reader.incidents({.until = kEvening}), SizeIs(2));
}

TEST_F(HistoryTest, KeepsRatesOfMinutesAndHours) {
  {
    HistoryWriter writer(options());
    for (int at = 0; at < 90; ++at) writer.put(minute(at, 2));
    writer.flush();
  }
  HistoryReader reader(path_);
  const auto rates = [&](HistoryLevel level, const std::string& prefix) {
    return reader.rates(level, prefix, kEvening, kEvening + whole_seconds(7200), 1000);
  };
  EXPECT_THAT(rates(HistoryLevel::minute, ""), SizeIs(90));
  EXPECT_THAT(rates(HistoryLevel::minute, "198.51.101.0/24"), SizeIs(90));
  EXPECT_THAT(rates(HistoryLevel::minute, "203.0.113.0/24"), IsEmpty());
  const auto hours = rates(HistoryLevel::hour, "198.51.100.0/24");
  ASSERT_THAT(hours, SizeIs(2));
  EXPECT_EQ(hours[0].start, kEvening);
  EXPECT_EQ(hours[0].rates.covered_ms, 3'600'000u);
  std::map<std::string, StoredClass> classes;
  for (const auto& [number, name] : reader.names(HistoryNames::traffic_class)) {
    const auto at = hours[0].rates.classes.find(number);
    if (at != hours[0].rates.classes.end()) classes[name] = at->second;
  }
  ASSERT_THAT(classes, SizeIs(1));
  EXPECT_EQ(classes["tcp_syn"].in, (Volume{36'000, 36'000 * 64}));
  const auto limits = reader.names(HistoryNames::limit);
  ASSERT_THAT(hours[0].rates.limits, SizeIs(1));
  const auto& [number, peak] = *hours[0].rates.limits.begin();
  EXPECT_EQ(limits.at(number), "syn");
  EXPECT_EQ(peak, (LimitPeak{159, *IpAddress::parse("198.51.100.7"), 200}));
  EXPECT_EQ(reader.prefixes(), (std::map<std::string, std::string>{{"198.51.100.0/24", "web"},
                                                                   {"198.51.101.0/24", "web"}}));
  EXPECT_THAT(reader.rates(HistoryLevel::minute, "", kEvening + whole_seconds(60),
                           kEvening + whole_seconds(180), 1000),
              SizeIs(2));
}

TEST_F(HistoryTest, AMinuteThatTwoRunsShareIsTheirSum) {
  for (int run = 0; run < 2; ++run) {
    HistoryWriter writer(options());
    writer.put(minute(0));
    writer.flush();
  }
  const auto rows = HistoryReader(path_).rates(HistoryLevel::minute, "", kEvening,
                                               kEvening + whole_seconds(60), 10);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].rates.classes.begin()->second.in.packets, 1200u);
}

TEST_F(HistoryTest, NumbersOfADaemonGoOn) {
  HistoryWriter(options("replay a.pcap")).put({kEvening, incident(50, false)}, {});
  {
    HistoryWriter writer(options());
    EXPECT_EQ(writer.last_number(), 0u) << "a replay counts by itself";
    writer.put({kEvening, incident(7, false)}, {});
  }
  EXPECT_EQ(HistoryWriter(options()).last_number(), 7u);
}

TEST_F(HistoryTest, WhatACrashLeftOpenIsClosedByTheNextRun) {
  const pid_t child = fork();
  if (child == 0) {
    HistoryWriter writer(options());
    writer.put({kEvening + whole_seconds(30), incident(1, true)}, {});
    writer.flush();
    _exit(0);  // as kill -9: no destructor
  }
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(HistoryReader(path_).incident("id1")->open);
  { const HistoryWriter writer(options()); }
  const auto row = HistoryReader(path_).incident("id1");
  ASSERT_TRUE(row);
  EXPECT_FALSE(row->open);
  const Json json = Json::parse(row->json);
  EXPECT_EQ(json["state"], "closed");
  EXPECT_EQ(json["end"], "2023-11-14T22:00:30.000000000Z");
  EXPECT_THAT(std::string(json["note"]), HasSubstr("ended without closing it"));
}

TEST_F(HistoryTest, WhatAReplayLeavesOpenAtItsEndStaysOpen) {
  HistoryWriter(options("replay a.pcap")).put({kEvening, incident(1, true)}, {});
  { const HistoryWriter writer(options()); }
  EXPECT_TRUE(HistoryReader(path_).incident("id1")->open);
}

TEST_F(HistoryTest, NothingAnnouncedIsMissingAfterAHundredKills) {
  std::mt19937 random(20261130);
  std::map<std::string, bool> announced;  // id to whether it was announced as open
  std::size_t transitions = 0;
  for (int kill_number = 0; kill_number < 100; ++kill_number) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      HistoryWriter writer(options());
      for (std::uint32_t i = 0; true; ++i) {
        for (const bool open : {true, false}) {
          const auto of = incident(static_cast<std::uint32_t>(kill_number) * 1'000'000 + i, open);
          const std::string line = of->id + (open ? " 1\n" : " 0\n");
          writer.put({kEvening, of}, [line, &pipe_ends] {
            [[maybe_unused]] const ssize_t n = write(pipe_ends[1], line.data(), line.size());
          });
        }
        if (i % 4 == 0) writer.put(minute(static_cast<int>(i)));
        usleep(200);
      }
    }
    close(pipe_ends[1]);
    // The time is random, but from the first announcement on: where the machine is busy, a process
    // may not have begun.
    std::string text(1, '\0');
    ASSERT_EQ(read(pipe_ends[0], text.data(), 1), 1);
    usleep(static_cast<useconds_t>(random() % 20'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    char buffer[4096];
    for (ssize_t n = 0; (n = read(pipe_ends[0], buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(n));
    }
    close(pipe_ends[0]);
    std::istringstream lines(text);
    std::string id;
    for (int open = 0; lines >> id >> open; ++transitions) announced[id] = open != 0;
    HistoryReader reader(path_);
    for (const auto& [known, open] : announced) {
      const auto row = reader.incident(known);
      ASSERT_TRUE(row) << known << " was announced, after kill " << kill_number;
      if (!open) {
        ASSERT_FALSE(row->open) << known;
      }
    }
    if (announced.size() > 500) announced.clear();
  }
  EXPECT_GT(transitions, 100u);
  { const HistoryWriter writer(options()); }
  EXPECT_THAT(HistoryReader(path_).incidents({.open = true}), IsEmpty());
  EXPECT_THAT(files(), testing::Each(testing::MatchesRegex("history\\.db(-wal|-shm)?")))
      << "nothing was set aside";
}

class AnnouncementsTest : public testing::Test {
 protected:
  std::vector<Nanoseconds> told_;
  std::chrono::steady_clock::time_point now_{};
  Announcements announcements_{
      [this](Nanoseconds time, Transition, const Incident&) { told_.push_back(time); },
      [this] { return now_; }};
  std::uint64_t add(std::int64_t time) {
    return announcements_.add({time}, Transition::opened, incident(1, true));
  }
};

TEST_F(AnnouncementsTest, AreToldInOrderOnceTheyAreStored) {
  add(1);
  const std::uint64_t second = add(2);
  const std::uint64_t third = add(3);
  EXPECT_THAT(told_, IsEmpty());
  announcements_.stored(second);
  EXPECT_THAT(told_, ElementsAre(Nanoseconds{1}, Nanoseconds{2}));
  announcements_.stored(second);
  announcements_.stored(third);
  EXPECT_THAT(told_, SizeIs(3));
}

TEST_F(AnnouncementsTest, WaitASecondForTheDiskAndNoLonger) {
  const std::uint64_t first = add(1);
  now_ += std::chrono::milliseconds(999);
  add(2);
  announcements_.tell_overdue();
  EXPECT_THAT(told_, IsEmpty());
  now_ += std::chrono::milliseconds(1);
  announcements_.tell_overdue();
  EXPECT_THAT(told_, ElementsAre(Nanoseconds{1}));
  announcements_.stored(first);
  EXPECT_THAT(told_, SizeIs(1)) << "each is told once";
  announcements_.tell_all();
  EXPECT_THAT(told_, SizeIs(2));
}

}  // namespace
}  // namespace floodgauge
