#include "engine/export/history/tuning.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "detectors/target.h"
#include "engine/export/report/incident_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

constexpr std::size_t kMinutesOfDay = 1440;
constexpr std::size_t kMostIncidents = 100'000;
/// A limit becomes at most so many times lower than it is: the time that was looked at may be calm.
constexpr double kLowerAtMost = 10;
/// A window is above a limit with at least so many packets (detectors/detector_table.cc), so that a
/// lower limit means nothing; and of bits, with so many packets of this size.
constexpr double kLeastPackets = 50;
constexpr double kLeastPerSecond = 500;
constexpr double kFewPackets = 20;
/// Suspicious packets/s from which a host is followed (detectors/knowledge.cc).
constexpr double kFollowedPerSecond = 30;
constexpr double kBitsPackets = 4;
constexpr double kBitsOfPacket = 4000;
/// A flood begins before it is found, and its minute is written when it is over.
constexpr Nanoseconds kAround = whole_seconds(60);

double least_of(const Settings& settings, RateKind kind) {
  const double window = settings.engine.window.seconds();
  const double packets = std::clamp(kLeastPerSecond * window, kFewPackets, kLeastPackets);
  const double least = std::max(packets / window, kFollowedPerSecond);
  return kind == RateKind::bits ? kBitsPackets * kBitsOfPacket * least : least;
}

struct Flood {
  std::string id;
  IpPrefix target;
  Nanoseconds start, end;
};

bool overlap(const IpPrefix& a, const IpPrefix& b) {
  return a.length <= b.length ? a.contains(b.address) : b.contains(a.address);
}

Nanoseconds time_of(const Json& json, const char* key, Nanoseconds otherwise) {
  const auto at = json.find(key);
  if (at == json.end() || !at->is_string()) return otherwise;
  return parse_time(at->get<std::string>()).value_or(otherwise);
}

/// Floods that came in; those that went out are in no rate that is kept.
std::vector<Flood> floods_of(HistoryReader& reader) {
  std::vector<Flood> floods;
  const Nanoseconds never{INT64_MAX};
  for (const HistoryRow& row : reader.incidents({.limit = kMostIncidents})) {
    const Json json = Json::parse(row.json, nullptr, false);
    if (!json.is_object() || json.value("kind", "") != "flood") continue;
    if (json.value("direction", "in") == "out") continue;
    const auto target = IpPrefix::parse(json.value("target", ""));
    if (!target) continue;
    floods.push_back({row.id, *target, row.start, time_of(json, "end", never)});
  }
  return floods;
}

struct Row {
  const IpPrefix& prefix;
  const std::string& profile;
  Nanoseconds time;
  std::array<LimitPeak, kLimits> peaks{};
  std::vector<const Flood*> floods{};  ///< that were open in the prefix

  /// Whether the value of a limit is of ordinary traffic. What another host had is not known where
  /// the host with the highest rate is flooded.
  bool is_ordinary(std::size_t limit, std::size_t scope) const {
    if (scope != 0) return floods.empty();
    const IpPrefix host = IpPrefix::host(peaks[limit].host);
    return std::ranges::none_of(floods,
                                [&](const Flood* flood) { return overlap(flood->target, host); });
  }
};

class History {
 public:
  History(HistoryReader& reader, const Settings& settings)
      : reader_(reader), sampling_(settings.sampling), floods_(floods_of(reader)) {
    for (const auto& [number, name] : reader.names(HistoryNames::limit)) {
      for (std::size_t i = 0; i < kLimits; ++i) {
        if (kThresholdTable[i].key == name) index_[number] = i;
      }
    }
    for (const auto& [text, name] : reader.prefixes()) {
      if (const auto prefix = IpPrefix::parse(text)) profiles_[*prefix] = "default";
    }
    for (const ProtectEntry& entry : settings.protect) {
      if (!settings.profiles.contains(entry.profile)) continue;
      for (const IpPrefix& prefix : entry.prefixes) {
        const auto known = profiles_.find(prefix);
        if (known != profiles_.end()) known->second = entry.profile;
      }
    }
  }

  /// Calls visit(row) for each minute of each prefix. Holds a day of one prefix at a time.
  void for_each(const std::function<void(const Row&)>& visit) {
    for (const auto& [prefix, profile] : profiles_) {
      std::vector<const Flood*> own;
      for (const Flood& flood : floods_) {
        if (overlap(flood.target, prefix)) own.push_back(&flood);
      }
      Nanoseconds from;
      for (;;) {
        const auto rows =
            reader_.rates(HistoryLevel::minute, prefix.text(), from, {INT64_MAX}, kMinutesOfDay);
        if (rows.empty()) break;
        for (const RatesRow& row : rows) visit(row_of(row, prefix, profile, own));
        from = rows.back().start + step_of(HistoryLevel::minute);
      }
    }
  }
  const std::vector<Flood>& floods() const { return floods_; }

 private:
  Row row_of(const RatesRow& stored, const IpPrefix& prefix, const std::string& profile,
             const std::vector<const Flood*>& floods) const {
    Row row{.prefix = prefix, .profile = profile, .time = stored.start};
    for (const auto& [number, peak] : stored.rates.limits) {
      const auto at = index_.find(number);
      if (at == index_.end()) continue;
      row.peaks[at->second] = {peak.host_rate * sampling_, peak.host, peak.prefix_rate * sampling_};
    }
    const Nanoseconds end = stored.start + step_of(HistoryLevel::minute);
    std::ranges::copy_if(floods, std::back_inserter(row.floods), [&](const Flood* flood) {
      return flood->start < end + kAround &&
             (flood->end.count == INT64_MAX || flood->end + kAround > stored.start);
    });
    return row;
  }

  HistoryReader& reader_;
  double sampling_;
  std::vector<Flood> floods_;
  std::map<std::uint32_t, std::size_t> index_;  ///< number of a limit in the file -> in the table
  std::map<IpPrefix, std::string> profiles_;
};

/// Where everything is protected, the limits of prefixes are those of networks in it, of which the
/// history has no rates.
double value_of(const Row& row, std::size_t limit, std::size_t scope) {
  if (scope == 0) return row.peaks[limit].host_rate;
  return row.prefix.length == 0 ? 0 : row.peaks[limit].prefix_rate;
}

/// The highest of all prefixes of a profile, by minute.
using Series = std::map<std::int64_t, std::array<std::array<float, kLimits>, 2>>;

double quantile_of(const Series& series, std::size_t scope, std::size_t limit, double quantile) {
  std::vector<float> values;
  values.reserve(series.size());
  for (const auto& [minute, tops] : series) values.push_back(tops[scope][limit]);
  if (values.empty()) return 0;
  const auto at =
      static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size())) - 1);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return static_cast<double>(values[at]);
}

class Tuner {
 public:
  explicit Tuner(const TuneSettings& settings) : settings_(settings) {}

  void learn(const Row& row) {
    if (result_.rows == 0 || row.time < result_.from) result_.from = row.time;
    result_.to = std::max(result_.to, row.time + step_of(HistoryLevel::minute));
    ++result_.rows;
    result_.flooded += row.floods.empty() ? 0 : 1;
    TunedProfile& profile = result_.profiles[row.profile];
    auto& tops = series_[row.profile][row.time.count];
    for (std::size_t scope = 0; scope < kTunedScopes.size(); ++scope) {
      for (std::size_t i = 0; i < kLimits; ++i) {
        const double value = value_of(row, i, scope);
        if (!row.is_ordinary(i, scope)) continue;
        tops[scope][i] = std::max(tops[scope][i], static_cast<float>(value));
        Busiest& busiest = profile.limits[scope][i].busiest;
        if (value > busiest.value) busiest = {value, row.peaks[i].host, row.prefix, row.time};
      }
    }
  }

  void propose() {
    for (auto& [name, profile] : result_.profiles) {
      const Profile& now = profile_of(name);
      const Series& series = series_[name];
      profile.minutes = series.size();
      for (std::size_t scope = 0; scope < kTunedScopes.size(); ++scope) {
        const Thresholds& limits = scope == 0 ? now.thresholds : now.prefix_thresholds;
        for (std::size_t i = 0; i < kLimits; ++i) {
          ProposedLimit& limit = profile.limits[scope][i];
          limit.now = limits.*kThresholdTable[i].member;
          limit.usual = quantile_of(series, scope, i, settings_.quantile);
          propose(limit, kThresholdTable[i].kind);
        }
      }
      for (const auto& [minute, tops] : series) note_above(profile, tops);
    }
    series_.clear();
  }

  /// The second pass: what is near, and what the floods were.
  void compare(const Row& row) {
    TunedProfile& profile = result_.profiles[row.profile];
    for (std::size_t scope = 0; scope < kTunedScopes.size(); ++scope) {
      for (std::size_t i = 0; i < kLimits; ++i) {
        const ProposedLimit& limit = profile.limits[scope][i];
        const double value = value_of(row, i, scope);
        if (!row.is_ordinary(i, scope)) {
          note_flood(row, scope, i, limit, value);
        } else if (const auto most = limit.proposed ? limit.proposed : limit.now;
                   most && value > TuneResult::kNear * *most) {
          note_near({row.profile,
                     scope,
                     i,
                     {value, row.peaks[i].host, row.prefix, row.time},
                     value / *most});
        }
      }
    }
  }

  void add_floods(const std::vector<Flood>& floods) {
    for (const Flood& flood : floods) {
      if (result_.floods.size() >= TuneResult::kMostFloods) {
        ++result_.more_floods;
        continue;
      }
      targets_.push_back(flood.target);
      result_.floods.push_back({flood.id, flood.target.text(), flood.start, flood.end});
    }
  }

  TuneResult take() {
    for (auto& [place, near] : near_) result_.near.push_back(std::move(near));
    std::ranges::stable_sort(result_.near, std::greater<>(), &NearLimit::share);
    if (result_.near.size() > TuneResult::kMostNear) result_.near.resize(TuneResult::kMostNear);
    return std::move(result_);
  }

 private:
  static constexpr std::size_t kMostPlaces = 4096;

  const Profile& profile_of(const std::string& name) const {
    const auto found = settings_.settings.profiles.find(name);
    return found != settings_.settings.profiles.end() ? found->second
                                                      : settings_.settings.profiles.at("default");
  }

  void propose(ProposedLimit& limit, RateKind kind) const {
    // What was not seen says nothing of how much of it would be usual.
    if (limit.busiest.value <= 0 || !limit.now) return;
    double proposed = limit.usual * settings_.headroom;
    if (const double least = least_of(settings_.settings, kind); proposed < least) {
      proposed = least;
      limit.bound = "the least that a window can tell";
    }
    if (const double least = *limit.now / kLowerAtMost; proposed < least) {
      proposed = least;
      limit.bound = "a tenth of what it is now";
    }
    limit.proposed = rounded_up(proposed);
  }

  static void note_above(TunedProfile& profile,
                         const std::array<std::array<float, kLimits>, 2>& tops) {
    bool now = false;
    bool proposed = false;
    for (std::size_t scope = 0; scope < kTunedScopes.size(); ++scope) {
      for (std::size_t i = 0; i < kLimits; ++i) {
        const ProposedLimit& limit = profile.limits[scope][i];
        const auto value = static_cast<double>(tops[scope][i]);
        const auto next = limit.proposed ? limit.proposed : limit.now;
        now = now || (limit.now && value > *limit.now);
        proposed = proposed || (next && value > *next);
      }
    }
    profile.above_now += now ? 1 : 0;
    profile.above_new += proposed ? 1 : 0;
  }

  void note_flood(const Row& row, std::size_t scope, std::size_t limit, const ProposedLimit& known,
                  double value) {
    if (!known.now || value <= 0) return;
    for (std::size_t f = 0; f < targets_.size(); ++f) {
      TunedFlood& flood = result_.floods[f];
      const bool host = is_host(targets_[f]);
      const bool own = host ? scope == 0 && row.peaks[limit].host == targets_[f].address
                            : scope == 1 && overlap(targets_[f], row.prefix);
      const Nanoseconds end = row.time + step_of(HistoryLevel::minute);
      if (!own || flood.start >= end || flood.end < row.time) continue;
      flood.times_now = std::max(flood.times_now, value / *known.now);
      flood.times_new = std::max(flood.times_new, value / known.proposed.value_or(*known.now));
    }
  }

  /// Keeps the nearest of each limit and host.
  void note_near(const NearLimit& near) {
    const Place place{near.profile, near.scope, near.limit,
                      near.scope == 0 ? IpPrefix::host(near.at.host) : near.at.prefix};
    const auto at = near_.find(place);
    if (at == near_.end()) {
      if (near_.size() < kMostPlaces) near_.emplace(place, near);
    } else if (near.share > at->second.share) {
      at->second = near;
    }
  }

  using Place = std::tuple<std::string, std::size_t, std::size_t, IpPrefix>;

  const TuneSettings& settings_;
  TuneResult result_;
  std::map<std::string, Series> series_;  ///< by profile
  std::vector<IpPrefix> targets_;         ///< of result_.floods
  std::map<Place, NearLimit> near_;
};

}  // namespace

double rounded_up(double rate) {
  if (!(rate > 0)) return 0;
  const double step = std::pow(10, std::floor(std::log10(rate)) - 1);
  // What is a whole number of steps but for its last bits stays as it is.
  return std::round(std::ceil(rate / step - 1e-9) * step * 1e6) / 1e6;
}

TuneResult tune(HistoryReader& reader, const TuneSettings& settings) {
  History history(reader, settings.settings);
  Tuner tuner(settings);
  history.for_each([&](const Row& row) { tuner.learn(row); });
  tuner.propose();
  tuner.add_floods(history.floods());
  history.for_each([&](const Row& row) { tuner.compare(row); });
  return tuner.take();
}

}  // namespace floodgauge
