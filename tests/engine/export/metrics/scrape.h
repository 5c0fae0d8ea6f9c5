// What tests of the scrape share: a scrape of a snapshot, and its series.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/export/metrics/control_metrics.h"
#include "engine/export/metrics/metrics.h"

namespace floodgauge {

inline MetricsInput input() {
  return {{"0.1.0", "abc", "DPDK 22.11"}, 100};
}

/// What /metrics answers: the snapshot's metrics, then those of the control path.
inline std::string scrape(const EngineSnapshot& snapshot, const ControlMetrics& control = {}) {
  std::string text = metrics_text(&snapshot, input());
  control.append_text(text);
  return text;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The value of each series. A repeated series fails the test.
inline std::map<std::string, double> series_of(const std::string& text) {
  std::map<std::string, double> series;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("#")) continue;
    const std::size_t blank = line.rfind(' ');
    const bool added =
        series.emplace(line.substr(0, blank), std::stod(line.substr(blank + 1))).second;
    EXPECT_TRUE(added) << "twice: " << line;
  }
  return series;
}

/// The names of a series' labels, without `le` of histogram buckets.
inline std::vector<std::string_view> labels_of(const std::string& series) {
  std::vector<std::string_view> names;
  const std::size_t open = series.find('{');
  if (open == std::string::npos) return names;
  bool quoted = false;
  std::size_t begin = open + 1;
  for (std::size_t i = open + 1; i < series.size(); ++i) {
    if (series[i] == '\\') ++i;
    if (series[i] == '"') quoted = !quoted;
    if (quoted) continue;
    if (series[i] == '=') {
      const std::string_view name = std::string_view(series).substr(begin, i - begin);
      if (name != "le") names.push_back(name);
    }
    if (series[i] == ',') begin = i + 1;
  }
  return names;
}

}  // namespace floodgauge
