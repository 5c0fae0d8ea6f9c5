// A service with evenly spaced requests, as the windows of its server show it to a ServiceWatch.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "detectors/service_watch.h"

namespace floodgauge::testing {

inline constexpr Nanoseconds kBegin = whole_seconds(1'767'571'200);
inline constexpr Nanoseconds kWindow = milliseconds(100);

/// A service with evenly spaced requests.
class Scene {
 public:
  struct Traffic {
    double per_second = 50;
    double response = 0.002;    ///< seconds
    double answered = 1;        ///< share
    bool known = false;         ///< clients
    double flood = 0;           ///< requests/s of others beside these
    double flood_answered = 0;  ///< share
    bool within = false;        ///< requests within connections that are accepted at once
    double flood_rise = 0;      ///< by so many more each second
    bool connections = false;   ///< those of the flood that are answered are not completed
  };

  /// Passes windows for so many seconds. Answers come in the window in which they are due.
  void pass(double seconds, const Traffic& traffic) {
    const auto windows = std::lround(seconds * 10);
    for (long w = 0; w < windows; ++w) {
      ServiceTotals totals;
      const Nanoseconds start = now_;
      now_ = now_ + kWindow;
      const auto add = [&](double rate, double& due, ClientClass client, double share,
                           double& part) {
        due += rate * kWindow.seconds();
        for (; due >= 1; due -= 1) {
          const Nanoseconds asked = start + milliseconds(1 + static_cast<int>(due) % 90);
          auto& count = traffic.within ? totals.counts.asked_within : totals.counts.asked;
          ++count[static_cast<std::size_t>(client)];
          if (totals.first_request.count == 0) totals.first_request = asked;
          part += share;
          if (part < 1) continue;
          part -= 1;
          const auto kind =
              traffic.within ? ServiceAnswer::Kind::answered_within : ServiceAnswer::Kind::answered;
          due_.push_back({.kind = kind,
                          .client = client,
                          .timed = true,
                          .seconds = static_cast<float>(traffic.response),
                          .requested = asked});
        }
      };
      add(traffic.per_second, due_requests_,
          traffic.known ? ClientClass::known : ClientClass::other, traffic.answered, part_);
      const std::size_t genuine = due_.size();
      const double flood = traffic.flood + traffic.flood_rise * static_cast<double>(w) / 10;
      add(flood, due_flood_, ClientClass::other, traffic.flood_answered, flood_part_);
      if (traffic.connections) {
        totals.counts.accepted = static_cast<std::uint32_t>(due_.size());
        totals.counts.completed = static_cast<std::uint32_t>(genuine);
      }
      std::vector<ServiceAnswer> answers;
      std::erase_if(due_, [&](const ServiceAnswer& answer) {
        const auto took = static_cast<std::int64_t>(double{answer.seconds} * 1e9);
        if (answer.requested.count + took >= now_.count) return false;
        answers.push_back(answer);
        return true;
      });
      totals.answers = static_cast<std::uint32_t>(answers.size());
      watch_.add(totals, answers, start);
      watch_.judge(now_);
      if (watch_.impact() && !detected_) detected_ = now_;
      if (watch_.impact()) worst_ = std::max(worst_, watch_.impact()->now);
      if (watch_.ended()) ended_.push_back(*watch_.ended());
    }
  }
  double at(Nanoseconds time) const { return (time - kBegin).seconds(); }

  ServiceWatch watch_{kWindow, kBegin};
  Nanoseconds now_ = kBegin;
  std::vector<ServiceAnswer> due_;
  double due_requests_ = 0;
  double due_flood_ = 0;
  double part_ = 0;
  double flood_part_ = 0;
  std::optional<Nanoseconds> detected_;
  Condition worst_ = Condition::normal;
  std::vector<ServerImpact> ended_;
};

}  // namespace floodgauge::testing
