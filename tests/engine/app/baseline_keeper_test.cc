#include "engine/app/baseline_keeper.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

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

TEST_F(BaselineKeeperTest, AFileOfAnotherConfigurationIsSetAsideAndTold) {
  save(2000, 3600);
  Settings other = with_state(file());
  other.protect[0].prefixes = {*IpPrefix::parse("203.0.113.0/24")};
  const PrefixRegistry registry = registry_of(other);
  Baseline baseline(registry);
  keeper_.load(other, registry, baseline);
  EXPECT_TRUE(baseline.learnt().empty());
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("is of another configuration: none of its 1 prefixes"),
            std::string::npos)
      << warnings_[0];
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_TRUE(std::filesystem::exists(file() + ".other"));
  // With one common prefix it is the configuration's own, with less protected.
  std::filesystem::rename(file() + ".other", file());
  other.protect[0].prefixes.push_back(kPrefix);
  const PrefixRegistry both = registry_of(other);
  Baseline kept(both);
  keeper_.load(other, both, kept);
  EXPECT_EQ(kept.learnt().size(), 1u);
  EXPECT_EQ(warnings_.size(), 1u);
}

TEST_F(BaselineKeeperTest, AFileOfALaterVersionIsSetAsideAndTold) {
  std::ofstream(file()) << R"({"schema": "floodgauge.baseline/2", "prefixes": {}})";
  EXPECT_EQ(level_after(with_state(""), with_state(file())), 500);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(file() + ".damaged"));
}

TEST_F(BaselineKeeperTest, ManyPrefixesAreSavedAndReadAgain) {
  Settings settings = with_state(file());
  settings.protect[0].prefixes.clear();
  for (unsigned n = 0; n < 512; ++n) {
    settings.protect[0].prefixes.push_back(*IpPrefix::parse("10." + std::to_string(n / 256) + "." +
                                                            std::to_string(n % 256) + ".0/24"));
  }
  PrefixRegistry registry(600);
  registry.assign(settings);
  Baseline baseline(registry);
  UsualRate::Season season{};
  for (std::size_t h = 0; h < season.size(); ++h) {
    const auto hour = static_cast<float>(h + 1);
    season[h] = {12345.678f / hour, 987.65432f / hour, 52};
  }
  for (const IpPrefix& prefix : settings.protect[0].prefixes) {
    PrefixBaseline rates;
    for (UsualRate& rate : rates) {
      ASSERT_TRUE(UsualRate::restore(1000, 10, 7 * 86'400, &season, rate));
    }
    baseline.restore(prefix, std::move(rates));
  }
  keeper_.save(settings, registry, baseline, true);
  const auto size = std::filesystem::file_size(file());
  // 4,096 prefixes, the most that are learnt, stay below what is read again.
  EXPECT_LT(size * (Baseline::kMostPrefixes / 512), kMaxBaselineFileBytes);
  Baseline again(registry);
  keeper_.load(settings, registry, again);
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
  ASSERT_EQ(again.learnt().size(), 512u);
  const UsualRate& rate = again.learnt().begin()->second[3];
  ASSERT_NE(rate.season(), nullptr);
  for (std::size_t h = 0; h < season.size(); ++h) {
    EXPECT_EQ((*rate.season())[h].level, season[h].level) << h;
    EXPECT_EQ((*rate.season())[h].spread, season[h].spread) << h;
  }
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
