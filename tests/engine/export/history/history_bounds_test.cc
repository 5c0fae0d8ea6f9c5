// The history without room, with a file that is none, and at its bounds of days and bytes.
#include <sys/resource.h>

#include <chrono>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/export/history/history_reader.h"
#include "engine/export/history/history_writer.h"
#include "tests/engine/export/history/history_fixture.h"

namespace floodgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(HistoryTest, GoesOnWhenThereIsRoomAgain) {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  {
    HistoryWriter writer(options());
    writer.put({kEvening, incident(1, true)}, {});
    writer.flush();
    rlimit small = before;
    small.rlim_cur = 1;
    setrlimit(RLIMIT_FSIZE, &small);
    bool told = false;
    writer.put({kEvening, incident(1, false)}, [&] { told = true; });
    for (std::uint32_t i = 2; i < 50; ++i) writer.put({kEvening, incident(i, false)}, {});
    writer.put(minute(0));
    writer.flush();
    usleep(100'000);  // several attempts
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_TRUE(told) << "an incident is announced although it could not be stored";
    for (int i = 0; i < 200 && counts_[HistoryResult::written] < 50; ++i) usleep(20'000);
  }
  EXPECT_GE(counts_[HistoryResult::failed], 50);
  EXPECT_EQ(counts_[HistoryResult::dropped], 0);
  ASSERT_THAT(said_, SizeIs(2)) << "once that it fails, once that it goes on";
  EXPECT_THAT(said_[0], HasSubstr("cannot write the history to " + path_));
  EXPECT_THAT(said_[1], HasSubstr("written again"));
  HistoryReader reader(path_);
  EXPECT_THAT(reader.incidents({}), SizeIs(49));
  EXPECT_FALSE(reader.incident("id1")->open);
  EXPECT_THAT(reader.rates(HistoryLevel::minute, "", kEvening, kEvening + whole_seconds(60), 9),
              SizeIs(1));
}

TEST_F(HistoryTest, WithoutRoomItsMemoryIsBoundedAndWhatIsLostIsCounted) {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  {
    HistoryWriter writer(options());
    writer.flush();
    rlimit small = before;
    small.rlim_cur = 1;
    setrlimit(RLIMIT_FSIZE, &small);
    const auto most = static_cast<std::uint32_t>(HistoryWriter::kMostUnwritten);
    for (std::uint32_t i = 0; i < most + 10; ++i) writer.put({kEvening, incident(i, false)}, {});
    writer.flush();
    EXPECT_EQ(counts_[HistoryResult::dropped], 10);
    for (int i = 0; i < 70; ++i) writer.put(minute(i)), writer.flush();
    EXPECT_EQ(counts_[HistoryResult::dropped], 20);
    setrlimit(RLIMIT_FSIZE, &before);
  }
  EXPECT_THAT(HistoryReader(path_).incidents({.limit = 10'000}),
              SizeIs(HistoryWriter::kMostUnwritten));
}

TEST_F(HistoryTest, SetsAsideWhatIsNoHistory) {
  std::ofstream(path_) << "a diary\n";
  HistoryWriter(options()).put({kEvening, incident(1, false)}, {});
  ASSERT_THAT(said_, SizeIs(1));
  EXPECT_THAT(said_[0],
              HasSubstr("is no history of floodgauge: it was renamed to " + path_ + ".foreign-2"));
  ASSERT_THAT(files(), ElementsAre("history.db", testing::StartsWith("history.db.foreign-")));
  std::ifstream aside(folder_ / files()[1]);
  std::string line;
  std::getline(aside, line);
  EXPECT_EQ(line, "a diary");
  EXPECT_TRUE(HistoryReader(path_).incident("id1"));
}

TEST_F(HistoryTest, SetsAsideDatabasesOfOthersAndOfNewerVersions) {
  {
    SqliteConnection other(path_, SqliteConnection::Mode::read_write);
    other.run("CREATE TABLE theirs(x)");
  }
  EXPECT_THROW(HistoryReader reader(path_), HistoryError);
  { const HistoryWriter writer(options()); }
  ASSERT_THAT(said_, SizeIs(1));
  EXPECT_THAT(said_[0], HasSubstr("is no history of floodgauge"));
  {
    SqliteConnection newer(path_, SqliteConnection::Mode::read_write);
    newer.run("PRAGMA user_version=" + std::to_string(kHistoryVersion + 1));
  }
  EXPECT_THROW(HistoryReader reader(path_), HistoryError);
  { const HistoryWriter writer(options()); }
  ASSERT_THAT(said_, SizeIs(2));
  EXPECT_THAT(said_[1], HasSubstr("was made by a newer floodgauge"));
}

TEST_F(HistoryTest, SetsAsideADamagedFile) {
  {
    HistoryWriter writer(options());
    for (std::uint32_t i = 0; i < 200; ++i) writer.put({kEvening, incident(i, false)}, {});
  }
  std::filesystem::resize_file(path_, 5 * 4096);
  HistoryWriter(options()).put({kEvening, incident(1000, false)}, {});
  ASSERT_THAT(said_, SizeIs(1));
  EXPECT_THAT(said_[0], HasSubstr("is damaged: it was renamed to " + path_ + ".damaged-"));
  EXPECT_TRUE(HistoryReader(path_).incident("id1000"));
}

TEST_F(HistoryTest, AFileThatIsRemovedMeanwhileIsMadeAgain) {
  HistoryWriter writer(options());
  writer.put({kEvening, incident(1, false)}, {});
  writer.flush();
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::filesystem::remove(entry.path());
  }
  writer.put({kEvening, incident(2, false)}, {});
  writer.flush();
  EXPECT_TRUE(HistoryReader(path_).incident("id2"));
  EXPECT_THAT(said_, ElementsAre(HasSubstr("removed or replaced")));
}

TEST_F(HistoryTest, RefusesPathsThatCannotBeUsed) {
  HistoryWriter::Options wrong = options();
  wrong.path = folder_;
  EXPECT_THROW(HistoryWriter writer(wrong), HistoryError);
  wrong.path = folder_ / "missing" / "history.db";
  EXPECT_THROW(HistoryWriter writer(wrong), HistoryError);
  EXPECT_THROW(HistoryReader reader(folder_ / "missing.db"), HistoryError);
}

TEST_F(HistoryTest, OnlyOneProcessWrites) {
  const HistoryWriter first(options());
  try {
    const HistoryWriter second(options());
    FAIL();
  } catch (const HistoryError& error) {
    EXPECT_THAT(error.what(), HasSubstr("another floodgauge writes to it"));
  }
}

TEST_F(HistoryTest, StaysWithinItsBytesAndKeepsTheNewest) {
  constexpr std::uint64_t kMost = 2 << 20;
  HistoryLimits limits;
  limits.bytes = kMost;
  HistoryStore store(path_, limits, "run", {});
  constexpr int kMinutes = 240;
  for (int at = 0; at < kMinutes; ++at) {
    const std::vector<MinuteRates> one = {minute(at, 125)};
    const std::vector<HistoryEntry> closed = {
        {kEvening, incident(static_cast<std::uint32_t>(at), false)}};
    store.write(closed, one);
    ASSERT_LE(bytes(), kMost) << "after minute " << at;
  }
  HistoryReader reader(path_);
  const auto rows = reader.rates(HistoryLevel::minute, "", kEvening,
                                 kEvening + whole_seconds(60 * kMinutes), kMinutes);
  ASSERT_FALSE(rows.empty());
  EXPECT_LT(rows.size(), static_cast<std::size_t>(kMinutes));
  EXPECT_GT(rows.size(), 50u);
  EXPECT_EQ(rows.back().start, kEvening + whole_seconds(60 * (kMinutes - 1)));
  EXPECT_THAT(reader.rates(HistoryLevel::hour, "", kEvening,
                           kEvening + whole_seconds(60 * kMinutes), kMinutes),
              SizeIs(kMinutes / 60))
      << "minutes are removed before hours";
  EXPECT_THAT(reader.incidents({.limit = kMinutes + 1}), SizeIs(kMinutes));
}

TEST_F(HistoryTest, AMinuteThatFailedPartWayIsCountedOnceWhenItIsWrittenAgain) {
  HistoryLimits limits;
  limits.bytes = 1 << 20;  // so that a minute of 100 prefixes takes several transactions
  HistoryStore store(path_, limits, "run", {});
  const std::vector<MinuteRates> one = {minute(0, 100)};
  {
    SqliteConnection other(path_, SqliteConnection::Mode::read_write);
    other.run(
        "CREATE TRIGGER full BEFORE INSERT ON rates WHEN NEW.prefix = 50 BEGIN SELECT "
        "RAISE(ABORT, 'no room'); END");
  }
  EXPECT_THROW(store.write({}, one), SqliteError);
  const auto covered = [this](const std::string& prefix) {
    std::vector<std::uint64_t> milliseconds;
    for (const HistoryLevel level : {HistoryLevel::minute, HistoryLevel::hour}) {
      for (const RatesRow& row : HistoryReader(path_).rates(level, prefix, kEvening,
                                                            kEvening + whole_seconds(3600), 10)) {
        milliseconds.push_back(row.rates.covered_ms);
      }
    }
    return milliseconds;
  };
  EXPECT_THAT(covered("198.51.100.0/24"), ElementsAre(60'000, 60'000)) << "the first part is kept";
  EXPECT_THAT(covered("198.51.149.0/24"), IsEmpty());
  {
    SqliteConnection other(path_, SqliteConnection::Mode::read_write);
    other.run("DROP TRIGGER full");
  }
  store.write({}, one);
  for (const char* prefix : {"", "198.51.100.0/24", "198.51.149.0/24", "198.51.199.0/24"}) {
    EXPECT_THAT(covered(prefix), ElementsAre(60'000, 60'000)) << prefix;
  }
  store.write({}, one);
  EXPECT_THAT(covered("198.51.149.0/24"), ElementsAre(120'000, 120'000))
      << "what comes for the same minute later is added";
}

TEST_F(HistoryTest, KeepsAsManyDaysAsItIsTold) {
  HistoryLimits limits;
  limits.minutes = whole_seconds(3600);
  limits.hours = whole_seconds(4 * 3600);
  HistoryStore store(path_, limits, "run", {});
  for (int at = 0; at <= 6 * 60; ++at) {
    const std::vector<MinuteRates> one = {minute(at)};
    const std::vector<HistoryEntry> closed = {
        {kEvening,
         incident(static_cast<std::uint32_t>(at), false, kEvening + whole_seconds(60 * at))}};
    store.write(closed, one);
  }
  HistoryReader reader(path_);
  const Nanoseconds end = kEvening + whole_seconds(7 * 3600);
  EXPECT_THAT(reader.rates(HistoryLevel::minute, "", kEvening, end, 1000), SizeIs(61));
  const auto fours = reader.rates(HistoryLevel::minute, "", kEvening, end, 1000, 4);
  ASSERT_THAT(fours, SizeIs(16)) << "for a chart, four minutes are one row";
  EXPECT_EQ(fours[1].start, fours[0].start + whole_seconds(240));
  EXPECT_EQ(fours[1].rates.covered_ms, 240'000u);
  EXPECT_THAT(reader.rates(HistoryLevel::hour, "", kEvening, end, 1000), SizeIs(5));
  EXPECT_THAT(reader.incidents({}), SizeIs(4 * 60 + 2))
      << "those that ended in the last four hours";
}

TEST_F(HistoryTest, StampsOfTheFutureRemoveNothingYoung) {
  HistoryStore store(path_, {}, "replay a.pcap", {});
  MinuteRates minute_now = minute(0);
  minute_now.start = {std::chrono::floor<std::chrono::minutes>(std::chrono::system_clock::now())
                          .time_since_epoch()
                          .count() *
                      60'000'000'000};
  const std::vector<MinuteRates> now = {minute_now};
  store.write({}, now);
  MinuteRates future = minute(0);
  future.start = minute_now.start + whole_seconds(std::int64_t{50} * 365 * 86'400);
  const std::vector<MinuteRates> then = {future};
  store.write({}, then);
  EXPECT_THAT(HistoryReader(path_).rates(HistoryLevel::minute, "", minute_now.start,
                                         minute_now.start + whole_seconds(60), 10),
              SizeIs(1));
}

}  // namespace
}  // namespace floodgauge
