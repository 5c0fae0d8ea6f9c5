// The event log on a disk that works, on a full disk, and on a file that is moved or deleted.
#include "engine/export/events/event_log.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

class EventLogTest : public testing::Test {
 protected:
  EventLogTest() {
    std::string name = testing::TempDir() + "floodgauge-events-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~EventLogTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  static std::vector<std::string> lines(const std::string& file) {
    std::ifstream in(file);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  EventLog::Options to(const std::string& file) {
    return {file, EventLog::WhenBehind::wait,
            [this](const std::string& what) { reports_.push_back(what); }, [this] { return now_; },
            [this](Transition transition, EventResult result) {
              ++counts_[{transition, result}];
            }};
  }
  /// Events with this result, of all transitions. After flush().
  std::uint64_t count(EventResult result) const {
    std::uint64_t sum = 0;
    for (const auto& [key, number] : counts_) sum += key.second == result ? number : 0;
    return sum;
  }
  std::uint64_t written() const { return count(EventResult::written); }
  std::uint64_t errors() const { return count(EventResult::failed) + count(EventResult::dropped); }

  std::filesystem::path folder_;
  std::vector<std::string> reports_;
  std::chrono::steady_clock::time_point now_;
  std::map<std::pair<Transition, EventResult>, std::uint64_t> counts_;
};

TEST_F(EventLogTest, AppendsALineForEachTransition) {
  std::ofstream(path("events")) << "{\"older\":1}\n";
  {
    EventLog log(to(path("events")));
    log.append(sample::kEvening, Transition::opened, sample::syn_flood());
    log.append(sample::kEvening, Transition::closed, sample::syn_flood());
    log.flush();
    EXPECT_EQ(written(), 2u);
    EXPECT_EQ((counts_[{Transition::opened, EventResult::written}]), 1u);
    EXPECT_EQ((counts_[{Transition::closed, EventResult::written}]), 1u);
  }
  const auto all = lines(path("events"));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(nlohmann::json::parse(all[1])["event"], "opened");
  EXPECT_EQ(nlohmann::json::parse(all[2])["event"], "closed");
  EXPECT_TRUE(reports_.empty());
}

TEST_F(EventLogTest, AFileThatCannotBeOpenedAtTheStartIsAnError) {
  try {
    EventLog log(to(path("no/such/folder")));
    FAIL() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()),
              "cannot write events to " + path("no/such/folder") + ": No such file or directory");
  }
}

TEST_F(EventLogTest, ContinuesInANewFileAfterRotation) {
  EventLog log(to(path("events")));
  log.append(sample::kEvening, Transition::opened, sample::carpet());
  log.flush();
  std::filesystem::rename(path("events"), path("events.1"));
  log.append(sample::kEvening, Transition::updated, sample::carpet());
  log.reopen();
  log.append(sample::kEvening, Transition::closed, sample::carpet());
  log.flush();
  EXPECT_EQ(lines(path("events.1")).size(), 2u);
  EXPECT_EQ(lines(path("events")).size(), 1u);
}

TEST_F(EventLogTest, AFullDiskIsCountedAndReportedOnceAMinute) {
  EventLog log(to("/dev/full"));
  for (int i = 0; i < 3; ++i) {
    log.append(sample::kEvening, Transition::updated, sample::carpet());
  }
  log.flush();
  EXPECT_EQ(errors(), 3u);
  EXPECT_EQ(written(), 0u);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(reports_[0], "cannot write events to /dev/full: No space left on device");
  now_ += std::chrono::minutes(1);
  log.append(sample::kEvening, Transition::updated, sample::carpet());
  log.flush();
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(reports_[1],
            "cannot write events to /dev/full: No space left on device (and 2 more in the last "
            "minute)");
}

TEST_F(EventLogTest, APipeWithoutAReaderBlocksNothing) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  EventLog log(to(path("pipe")));
  close(reader);
  log.append(sample::kEvening, Transition::opened, sample::carpet());
  log.flush();
  EXPECT_EQ(errors(), 1u);
}

TEST_F(EventLogTest, StopsInTimeThoughTheReaderOfAPipeDoesNotRead) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  EventLog::Options options = to(path("pipe"));
  options.when_behind = EventLog::WhenBehind::drop;
  const auto began = std::chrono::steady_clock::now();
  {
    EventLog log(options);
    // More than a pipe holds: each further event waits a second for the reader.
    for (int n = 0; n < 200; ++n) {
      log.append(sample::kEvening, Transition::opened, sample::carpet());
    }
    EXPECT_FALSE(log.flush_for(std::chrono::milliseconds(100)));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
  close(reader);
}

TEST_F(EventLogTest, CountsWhatIsLost) {
  EventLog log(to("/dev/full"));
  EXPECT_EQ(log.lost(), 0u);
  log.append(sample::kEvening, Transition::opened, sample::carpet());
  log.flush();
  EXPECT_EQ(log.lost(), 1u);
}

TEST_F(EventLogTest, StartsANewLineAfterHalfALineOfAnEarlierRun) {
  std::ofstream(path("events")) << "{\"whole\":1}\n{\"half";
  EventLog log(to(path("events")));
  log.append(sample::kEvening, Transition::opened, sample::carpet());
  log.append(sample::kEvening, Transition::closed, sample::carpet());
  log.flush();
  const std::vector<std::string> all = lines(path("events"));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0], "{\"whole\":1}");
  EXPECT_EQ(all[1], "{\"half");
  EXPECT_TRUE(nlohmann::json::accept(all[2]));
  EXPECT_TRUE(nlohmann::json::accept(all[3]));
}

TEST(LineFile, RemovesAHalfWrittenLine) {
  const std::string path = testing::TempDir() + "floodgauge-line-" + std::to_string(getpid());
  LineFile file(path);
  ASSERT_EQ(file.open(), 0);
  ASSERT_EQ(file.append("whole"), 0);
  // The file may not grow beyond 8 bytes, so that only two bytes of the second line fit, as on a
  // disk that becomes full.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit limit = before;
  limit.rlim_cur = 8;
  setrlimit(RLIMIT_FSIZE, &limit);
  const int error = file.append("too long");
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(error, EFBIG);
  ASSERT_EQ(file.append("next"), 0);
  std::ifstream in(path);
  std::string all((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(all, "whole\nnext\n");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace floodgauge
