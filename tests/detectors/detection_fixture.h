// Windows in, incidents out: a Detection with a feed of windows, for tests of the whole row.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "detectors/detection.h"
#include "tests/support/window_feed.h"

namespace floodgauge::testing {

inline constexpr const char* kTarget = "198.51.100.7";

inline Settings held_for(std::int64_t seconds) {
  Settings settings;
  settings.profiles.at("default").hold = whole_seconds(seconds);
  return settings;
}

inline Settings protecting(std::initializer_list<const char*> prefixes) {
  Settings settings = held_for(2);
  ProtectEntry entry{.name = "web", .prefixes = {}};
  for (const char* text : prefixes) entry.prefixes.push_back(IpPrefix::parse(text).value());
  settings.protect.push_back(entry);
  return settings;
}

class DetectionTest : public ::testing::Test {
 protected:
  void begin(const Settings& settings) {
    feed_ = std::make_unique<WindowFeed>(settings);
    detection_ = std::make_unique<Detection>(
        settings, feed_->registry(),
        [this](Nanoseconds time, Transition transition, const Incident& incident) {
          char at[32];
          std::snprintf(at, sizeof at, "%.1f ", WindowFeed::at(time));
          told_.push_back(at + std::string(name(transition)) + " " + incident.target.text());
        });
  }
  /// Feeds `count` windows with `hits` in each, and a little traffic that is answered.
  void windows(unsigned count, const std::vector<Hit>& hits = {}) {
    for (unsigned n = 0; n < count; ++n) {
      feed_->add({.target = "198.51.100.200", .vector = Vector::tcp_established, .packets = 10});
      for (const Hit& hit : hits) feed_->add(hit);
      feed_->close([this](const NetworkWindow& window) { detection_->on_window(window); });
    }
  }
  /// Feeds the last window, which is cut off after `length`.
  void last_window(Nanoseconds length, const std::vector<Hit>& hits) {
    for (const Hit& hit : hits) feed_->add(hit);
    feed_->close([this](const NetworkWindow& window) { detection_->on_window(window); }, length);
  }
  std::vector<std::shared_ptr<const Incident>> incidents() const {
    return detection_->book().all();
  }
  /// The transitions that the listener was told of, without the updates every ten seconds.
  std::vector<std::string> told() const {
    std::vector<std::string> rest;
    for (const std::string& line : told_) {
      if (line.find("updated") == std::string::npos) rest.push_back(line);
    }
    return rest;
  }

  std::unique_ptr<WindowFeed> feed_;
  std::unique_ptr<Detection> detection_;
  std::vector<std::string> told_;
};

inline Hit udp(std::uint32_t packets, const char* target = kTarget) {
  return {.target = target, .vector = Vector::udp, .packets = packets, .sources = 500};
}

}  // namespace floodgauge::testing
