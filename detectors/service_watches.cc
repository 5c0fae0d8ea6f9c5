#include "detectors/service_watches.h"

#include <algorithm>
#include <utility>

namespace floodgauge {
namespace {

constexpr Nanoseconds kLeastSlice = milliseconds(100);
/// A service that nobody has asked for this long is forgotten.
constexpr Nanoseconds kForgotten = whole_seconds(6 * 3600);
constexpr Nanoseconds kForgetEvery = whole_seconds(60);

}  // namespace

void ServiceWatches::rename(const Settings& settings) {
  std::vector<std::string> names;
  for (const ServiceSettings& service : settings.services) names.push_back(service.name);
  if (names == names_) return;
  // A number stands for another service now.
  std::erase_if(watches_, [&](const auto& entry) {
    const std::size_t s = entry.first.service;
    return s >= names.size() || s >= names_.size() || names[s] != names_[s];
  });
  names_ = std::move(names);
}

std::string ServiceWatches::service_name(std::uint8_t service) const {
  return service < names_.size() ? names_[service] : std::string();
}

void ServiceWatches::forget_idle(Nanoseconds now) {
  if (now < next_forget_) return;
  next_forget_ = now + kForgetEvery;
  std::erase_if(watches_, [&](const auto& entry) {
    const ServiceWatch& watch = entry.second;
    const bool removed = !registry_.prefixes()[entry.first.prefix].active;
    return !watch.impact() && (removed || now - watch.last_asked() > kForgotten);
  });
}

/// What is usual for a service at this time.
std::optional<ServiceHour> ServiceWatches::usual_of(const WatchKey& key) const {
  return seasons_.usual_at(registry_.prefixes()[key.prefix].prefix,
                           {service_name(key.service), key.server}, now_);
}

/// Learns the hour that is over, and looks up what is usual in each quarter of an hour.
void ServiceWatches::follow_hours(Nanoseconds now) {
  now_ = now + shift_;
  const std::int64_t quarter = now_.count / whole_seconds(900).count;
  if (quarter == quarter_) return;
  quarter_ = quarter;
  const std::size_t ended = std::exchange(hour_, hour_of_week(now_));
  for (auto& [key, watch] : watches_) {
    if (ended != hour_) {
      if (const auto seen = watch.end_hour(); seen && ended < kHoursOfWeek) {
        seasons_.learn(registry_.prefixes()[key.prefix].prefix,
                       {service_name(key.service), key.server}, ended, *seen);
      }
    }
    watch.set_usual(usual_of(key));
  }
}

void ServiceWatches::on_window(const NetworkWindow& window, const Settings& settings) {
  if (registry_.everything()) return;
  rename(settings);
  if (!origin_) {
    origin_ = window.start;
    const std::int64_t length = std::max<std::int64_t>(settings.engine.window.count, 1);
    slice_ = {length * std::max<std::int64_t>(1, kLeastSlice.count / length)};
  }
  follow_hours(window.start);
  for (const ServiceTotals& totals : window.services.servers()) {
    if (totals.server == IpAddress{} || totals.service >= names_.size()) continue;
    const WatchKey key{totals.prefix, totals.service, totals.server};
    auto at = watches_.find(key);
    if (at == watches_.end()) {
      // Only what has answered is a server: a scan asks addresses that are none.
      if (totals.answers == 0) continue;
      if (watches_.size() >= kMost) {
        ++not_watched_;
        continue;
      }
      at = watches_.emplace(key, ServiceWatch(slice_, *origin_)).first;
      at->second.set_usual(usual_of(key));
    }
    at->second.add(totals, window.services.answers_of(totals), window.start);
  }
  for (auto& [key, watch] : watches_) watch.judge(window.end);
  forget_idle(window.end);
}

std::optional<Effect> ServiceWatches::effect_on(const IpPrefix& target,
                                                std::uint32_t prefix) const {
  std::optional<Effect> worst;
  double most_lost = 0;
  for (auto at = watches_.lower_bound({prefix, 0, {}}); at != watches_.end(); ++at) {
    const auto& [key, watch] = *at;
    if (key.prefix != prefix) break;
    if (!target.contains(key.server) || !watch.is_known() || !watch.answer_ratio()) continue;
    const double before = watch.usual_answer_ratio();
    const double lost = before - *watch.answer_ratio();
    if (worst && lost <= most_lost) continue;
    most_lost = lost;
    worst = Effect{before, *watch.answer_ratio(), watch.usual_response_seconds(),
                   watch.response_seconds()};
  }
  return worst;
}

}  // namespace floodgauge
