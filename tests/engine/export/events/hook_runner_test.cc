// The hook program: its input, and what happens when it fails, hangs or does not read.
#include "engine/export/events/hook_runner.h"

#include <atomic>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <nlohmann/json.hpp>

#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

using std::chrono::milliseconds;

class HookRunnerTest : public testing::Test {
 protected:
  HookRunnerTest() {
    std::string name = testing::TempDir() + "floodgauge-hook-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~HookRunnerTest() override {
    // No started process is left, not even as a zombie.
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    std::filesystem::remove_all(folder_);
  }

  /// Writes a shell script that has the path of this test's folder in $folder.
  std::string program(const std::string& script) {
    const std::filesystem::path path = folder_ / "hook";
    std::ofstream(path) << "#!/bin/sh\nfolder=" << folder_.string() << "\n" << script;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  std::string content(const std::string& name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  HookRunner::Options options(const std::string& script) {
    HookRunner::Options result;
    result.program = program(script);
    result.report = [this](const std::string& what) { reports_.push_back(what); };
    result.count = [this](HookResult ending) { ++counts_[static_cast<std::size_t>(ending)]; };
    return result;
  }
  std::uint64_t count(HookResult ending) const { return counts_[static_cast<std::size_t>(ending)]; }
  static void run(HookRunner& runner, const Incident& incident = sample::carpet()) {
    runner.run(sample::kEvening, Transition::opened, incident);
  }

  std::filesystem::path folder_;
  std::vector<std::string> reports_;
  std::array<std::atomic<std::uint64_t>, kHookResultNames.size()> counts_{};
};

TEST_F(HookRunnerTest, GivesTheEventOnStandardInput) {
  HookRunner runner(
      options("cat > $folder/input; echo $FLOODGAUGE_EVENT $FLOODGAUGE_TIME > $folder/variables"));
  run(runner);
  runner.drain();
  EXPECT_EQ(count(HookResult::succeeded), 1u);
  const std::string input = content("input");
  EXPECT_EQ(std::count(input.begin(), input.end(), '\n'), 1) << "one line";
  const auto event = nlohmann::json::parse(input);
  EXPECT_EQ(event["event"], "opened");
  EXPECT_EQ(event["time"], "2026-11-21T18:00:00.000000000Z");
  EXPECT_EQ(event["incident"]["target"], "198.51.100.0/24");
  EXPECT_EQ(content("variables"), "opened 2026-11-21T18:00:00.000000000Z\n");
}

TEST_F(HookRunnerTest, RunsOneAtATime) {
  HookRunner runner(
      options("mkdir $folder/busy || exit 1; cat >> $folder/all; rmdir $folder/busy"));
  for (int i = 0; i < 5; ++i) run(runner);
  runner.drain();
  EXPECT_EQ(count(HookResult::succeeded), 5u);
}

TEST_F(HookRunnerTest, AProgramThatDoesNotReadIsNotAnError) {
  Incident incident = sample::carpet();
  incident.top_sources.resize(10'000, {"203.0.113.200", 1, 0.0001});  // more than a pipe holds
  HookRunner runner(options("exit 0"));
  run(runner, incident);
  runner.drain();
  EXPECT_EQ(count(HookResult::succeeded), 1u);
}

TEST_F(HookRunnerTest, TakesAnIncidentLargerThanAPipe) {
  Incident incident = sample::carpet();
  incident.top_sources.resize(10'000, {"203.0.113.200", 1, 0.0001});
  HookRunner runner(options("cat > $folder/input"));
  run(runner, incident);
  runner.drain();
  EXPECT_EQ(nlohmann::json::parse(content("input"))["incident"]["top_sources"].size(), 10'000u);
}

TEST_F(HookRunnerTest, FailuresAreCountedAndReported) {
  {
    HookRunner runner(options("exit 7"));
    run(runner);
    run(runner);
    runner.drain();
    EXPECT_EQ(count(HookResult::failed), 2u);
  }
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(reports_[0], "hook " + (folder_ / "hook").string() + " ended with status 7");
}

TEST_F(HookRunnerTest, AMissingProgramIsCounted) {
  HookRunner::Options wrong = options("");
  wrong.program = folder_ / "missing";
  HookRunner runner(wrong);
  run(runner);
  runner.drain();
  EXPECT_EQ(count(HookResult::not_started), 1u);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_NE(reports_[0].find("No such file or directory"), std::string::npos);
}

TEST_F(HookRunnerTest, AProgramThatHangsIsKilledWithItsChildren) {
  HookRunner::Options patient =
      options("trap '' TERM; echo $$ > $folder/pid; sleep 1000 & wait; wait");
  patient.timeout = milliseconds(300);
  patient.grace = milliseconds(50);
  HookRunner runner(patient);
  run(runner);
  runner.drain();
  EXPECT_EQ(count(HookResult::timed_out), 1u);
}

TEST_F(HookRunnerTest, StoppingDoesNotWaitForTheProgram) {
  HookRunner::Options forever = options("sleep 1000");
  forever.timeout = std::chrono::hours(1);
  HookRunner runner(forever);
  run(runner);
  run(runner);
}

TEST_F(HookRunnerTest, RunsBeyondTheQueueAreDroppedAndCounted) {
  ASSERT_EQ(mkfifo((folder_ / "gate").c_str(), 0600), 0);
  HookRunner::Options small = options("read line < $folder/gate");
  small.queue = 2;
  HookRunner runner(small);
  for (int i = 0; i < 10; ++i) run(runner);
  // One run may have started, and two wait.
  EXPECT_GE(count(HookResult::dropped), 7u);
}

TEST_F(HookRunnerTest, InheritsNoDescriptor) {
  const std::ofstream secret(folder_ / "secret");
  HookRunner runner(options("ls -l /proc/self/fd > $folder/descriptors"));
  run(runner);
  runner.drain();
  EXPECT_EQ(content("descriptors").find("secret"), std::string::npos);
  EXPECT_NE(content("descriptors").find("descriptors"), std::string::npos);
}

}  // namespace
}  // namespace floodgauge
