#include "detectors/service_seasons.h"

#include <algorithm>
#include <cmath>

namespace floodgauge {
namespace {

/// Weight of a new week in an hour of the week, as in UsualRate.
constexpr float kNewWeek = 0.4F;

/// Times are averaged by their logarithms: one slow hour weighs little, one of every week is learnt
/// in three.
float nearer(float time, float seen) {
  if (time <= 0 || seen <= 0) return std::max(time, seen);
  return time * std::pow(seen / time, kNewWeek);
}

void blend(ServiceHour& hour, const ServiceHour& seen) {
  hour.ratio += kNewWeek * (seen.ratio - hour.ratio);
  hour.median = nearer(hour.median, seen.median);
  hour.p90 = nearer(hour.p90, seen.p90);
  hour.requests += kNewWeek * (seen.requests - hour.requests);
}

}  // namespace

/// The season of a server, made where there is none: while there is room, or in the place of the
/// server with the fewest requests.
ServiceSeason* ServiceSeasons::place_for(const IpPrefix& prefix, const ServedBy& of,
                                         float requests) {
  PrefixSeasons& seasons = all_[prefix];
  const auto known = seasons.find(of);
  if (known != seasons.end()) return &known->second;
  if (count_ >= kMost) {
    PrefixSeasons* least_in = nullptr;
    PrefixSeasons::iterator least;
    for (auto& [other, its] : all_) {
      for (auto at = its.begin(); at != its.end(); ++at) {
        if (least_in == nullptr || at->second.busiest < least->second.busiest) {
          least_in = &its;
          least = at;
        }
      }
    }
    if (least_in == nullptr || least->second.busiest >= requests) return nullptr;
    least_in->erase(least);
    --count_;
  }
  ++count_;
  return &seasons[of];
}

void ServiceSeasons::learn(const IpPrefix& prefix, const ServedBy& of, std::size_t hour,
                           const SeenHour& seen) {
  ServiceSeason* const season = place_for(prefix, of, seen.seen.requests);
  if (season == nullptr) return;
  ServiceHour& known = season->hours[hour];
  if (known.weeks != 0) {
    blend(known, seen.seen);
  } else if (seen.before_impact) {
    known = *seen.before_impact;
    blend(known, seen.seen);
  } else {
    known = seen.seen;
  }
  known.weeks = std::min(known.weeks, UINT32_MAX - 1) + 1;
  season->busiest = std::max(season->busiest, known.requests);
}

std::optional<ServiceHour> ServiceSeasons::usual_at(const IpPrefix& prefix, const ServedBy& of,
                                                    Nanoseconds time) const {
  const auto in_prefix = all_.find(prefix);
  if (in_prefix == all_.end()) return std::nullopt;
  const auto at = in_prefix->second.find(of);
  if (at == in_prefix->second.end()) return std::nullopt;
  constexpr Nanoseconds kSoon = whole_seconds(900);
  std::optional<ServiceHour> usual;
  for (const Nanoseconds when : {time, time + kSoon, time - kSoon}) {
    const ServiceHour& hour = at->second.hours[hour_of_week(when)];
    if (hour.weeks == 0) continue;
    if (!usual) usual = hour;
    usual->ratio = std::min(usual->ratio, hour.ratio);
    usual->median = std::max(usual->median, hour.median);
    usual->p90 = std::max(usual->p90, hour.p90);
  }
  return usual;
}

void ServiceSeasons::restore(const IpPrefix& prefix, const PrefixSeasons& seasons) {
  for (const auto& [of, season] : seasons) {
    const auto at = all_.find(prefix);
    if (at != all_.end() && at->second.contains(of)) continue;
    if (ServiceSeason* const place = place_for(prefix, of, season.busiest)) *place = season;
  }
}

}  // namespace floodgauge
