// Incidents, minutes and a folder for the tests of the history.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/export/history/history_writer.h"

namespace floodgauge {

/// 2023-11-14 22:00:00 UTC: a whole hour.
inline constexpr Nanoseconds kEvening{1'699'999'200'000'000'000};

inline std::shared_ptr<const Incident> incident(std::uint32_t number, bool open,
                                                Nanoseconds start = kEvening) {
  Incident made;
  made.id = "id" + std::to_string(number);
  made.number = number;
  made.open = open;
  made.target = *IpPrefix::parse("198.51.100.7/32");
  made.prefix = *IpPrefix::parse("198.51.100.0/24");
  made.start = start;
  made.detected = start;
  if (!open) made.end = start + whole_seconds(60);
  made.vectors = {{"tcp_syn", 1}};
  made.peak_pps = 1234.5;
  made.rate_history = {1, 2, 3.25};
  return std::make_shared<const Incident>(made);
}

inline MinuteRates minute(int at, std::size_t prefixes = 1, std::uint64_t packets = 600) {
  MinuteRates made;
  made.start = kEvening + whole_seconds(60 * at);
  made.covered = whole_seconds(60);
  const auto syn = static_cast<std::size_t>(TrafficClass::tcp_syn);
  for (std::size_t i = 0; i < prefixes; ++i) {
    PrefixMinute prefix;
    prefix.prefix = IpPrefix::around(
        IpAddress::from_v4(0xc6336400u + (static_cast<std::uint32_t>(i) << 8)), 24);
    prefix.name = "web";
    prefix.in[syn] = {packets, packets * 64};
    prefix.peaks[4] = {
        .host_rate = 100.0 + at, .host = *IpAddress::parse("198.51.100.7"), .prefix_rate = 200};
    made.prefixes.push_back(prefix);
    made.all.in[syn] += prefix.in[syn];
  }
  made.all.peaks[4].prefix_rate = 200;
  return made;
}

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    std::string name = testing::TempDir() + "floodgauge-history-XXXXXX";
    folder_ = mkdtemp(name.data());
    path_ = folder_ / "history.db";
  }
  ~HistoryTest() override { std::filesystem::remove_all(folder_); }

  HistoryWriter::Options options(const std::string& what = "run") {
    return {.path = path_,
            .what = what,
            .wait = true,
            .report = [this](const std::string& line) { said_.push_back(line); },
            .count = [this](HistoryResult result) { ++counts_[result]; },
            .retry = std::chrono::milliseconds(20)};
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension() != ".db-shm") sum += entry.file_size();
    }
    return sum;
  }

  std::filesystem::path folder_;
  std::string path_;
  std::vector<std::string> said_;
  std::map<HistoryResult, int> counts_;
};

}  // namespace floodgauge
