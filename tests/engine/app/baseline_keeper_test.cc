#include "engine/app/baseline_keeper.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace floodgauge {
namespace {

const IpPrefix kPrefix = *IpPrefix::parse("198.51.100.0/24");

class BaselineKeeperTest : public testing::Test {
 protected:
  BaselineKeeperTest() {
    std::string name = testing::TempDir() + "floodgauge-keeper-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~BaselineKeeperTest() override { std::filesystem::remove_all(folder_); }

  std::string file() const { return folder_ / "baseline"; }
  static Settings with_state(const std::string& path) {
    Settings settings;
    settings.protect = {{.name = "net", .prefixes = {kPrefix}}};
    settings.profiles["default"].baseline.state = path;
    return settings;
  }
  static PrefixRegistry registry_of(const Settings& settings) {
    PrefixRegistry registry(16);
    registry.assign(settings);
    return registry;
  }
  /// What was learnt in `seconds` seconds with this rate.
  static PrefixBaseline learnt(double rate, std::uint64_t seconds) {
    PrefixBaseline baseline;
    EXPECT_TRUE(UsualRate::restore(rate, 1, seconds, nullptr, baseline[0]));
    return baseline;
  }
  void save(double rate, std::uint64_t seconds) {
    const Settings settings = with_state(file());
    const PrefixRegistry registry = registry_of(settings);
    Baseline baseline(registry);
    baseline.restore(kPrefix, learnt(rate, seconds));
    keeper_.save(settings, registry, baseline, true);
  }
  /// The level after a reload from `before` to `after`, where memory holds 500/s of 100 s.
  double level_after(const Settings& before, const Settings& after) {
    const PrefixRegistry registry_before = registry_of(before);
    const PrefixRegistry registry = registry_of(after);
    Baseline baseline(registry);
    baseline.restore(kPrefix, learnt(500, 100));
    keeper_.load_changed(before, registry_before, after, registry, baseline);
    return baseline.learnt().at(kPrefix)[0].level();
  }

  std::filesystem::path folder_;
  ControlMetrics metrics_;
  std::vector<std::string> warnings_;
  BaselineKeeper keeper_{[this](const std::string& line) { warnings_.push_back(line); }, metrics_};
};

TEST_F(BaselineKeeperTest, AReloadThatNamesAFileReadsIt) {
  save(2000, 3600);
  EXPECT_EQ(level_after(with_state(""), with_state(file())), 2000);
}

TEST_F(BaselineKeeperTest, WhatWasLearntLongerInMemoryStays) {
  save(2000, 99);
  EXPECT_EQ(level_after(with_state(""), with_state(file())), 500);
}

TEST_F(BaselineKeeperTest, AReloadThatLeavesTheFileAsItWasDoesNotReadItAgain) {
  save(2000, 3600);
  EXPECT_EQ(level_after(with_state(file()), with_state(file())), 500);
}

TEST_F(BaselineKeeperTest, APrefixThatIsNewIsReadFromTheFile) {
  save(2000, 3600);
  Settings before = with_state(file());
  before.protect[0].prefixes = {*IpPrefix::parse("203.0.113.0/24")};
  EXPECT_EQ(level_after(before, with_state(file())), 2000);
}

TEST_F(BaselineKeeperTest, AFileOfAnotherProcessIsReadAndNotWritten) {
  save(2000, 3600);
  const Settings settings = with_state(file());
  const PrefixRegistry registry = registry_of(settings);
  std::vector<std::string> warnings;
  {
    // A lock belongs to an open file, so a second keeper here is to the first as another process
    // is.
    BaselineKeeper other([&](const std::string& line) { warnings.push_back(line); }, metrics_);
    Baseline read(registry);
    other.load(settings, registry, read);
    EXPECT_EQ(read.learnt().at(kPrefix)[0].level(), 2000);
    Baseline baseline(registry);
    baseline.restore(kPrefix, learnt(7, 100));
    other.save(settings, registry, baseline, true);
    other.save(settings, registry, baseline, true);
  }
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("is kept by another floodgauge"), std::string::npos);
  EXPECT_TRUE(warnings_.empty());
  Baseline after(registry);
  keeper_.load(settings, registry, after);
  EXPECT_EQ(after.learnt().at(kPrefix)[0].level(), 2000);
}

TEST_F(BaselineKeeperTest, AFileInAFolderWithoutWritePermissionIsReadAsBefore) {
  EXPECT_EQ(level_after(with_state(""), with_state("/nonexistent/baseline")), 500);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(BaselineKeeperTest, AFileThatIsMissingChangesNothing) {
  EXPECT_EQ(level_after(with_state(""), with_state(file())), 500);
}

}  // namespace
}  // namespace floodgauge
