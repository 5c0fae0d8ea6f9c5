#include "engine/export/bgp/efficacy.h"

#include <algorithm>

namespace floodgauge {
namespace {

constexpr Nanoseconds kSecond = whole_seconds(1);
/// A judgement needs so many samples, which the sensor gives about four times a second.
constexpr std::size_t kLeastSamples = 8;
/// A rate of the flood that is below this is none.
constexpr double kLeastRate = 1;

const OpenFlood* find(const std::vector<OpenFlood>& floods, const std::string& incident) {
  const auto found = std::find_if(floods.begin(), floods.end(),
                                  [&](const OpenFlood& flood) { return flood.id == incident; });
  return found == floods.end() ? nullptr : &*found;
}

/// The share that the flood's receipt of now gives this route; nothing when it has none for it.
std::optional<double> share_now(const OpenFlood& flood, const Route& route) {
  if (!route.rule) return 1;
  const std::string text = route.rule->text();
  for (const ProposedRule& rule : flood.rules) {
    const auto parsed = FlowRule::parse(rule.flowspec);
    if (parsed && parsed->text() == text) return rule.flood_share;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> RouteMeasure::remaining_ratio() const {
  if (!before_pps || !after_pps || *before_pps < kLeastRate) return std::nullopt;
  return *after_pps / *before_pps;
}

std::optional<double> RouteMeasure::efficacy() const {
  const auto remaining = remaining_ratio();
  if (!remaining) return std::nullopt;
  return std::clamp(1 - *remaining, 0.0, 1.0);
}

std::vector<Efficacy::Change> Efficacy::observe(Nanoseconds now,
                                                const std::vector<OpenFlood>& floods,
                                                const std::vector<StandingRoute>& standing) {
  std::vector<Change> changes;
  forget_old(now);
  sample(now, floods);
  std::map<std::string, unsigned> routes_of;
  for (const StandingRoute& one : standing) ++routes_of[one.incident];
  std::map<std::string, Watched> still;
  for (const StandingRoute& one : standing) {
    watch(now, find(floods, one.incident), one, routes_of[one.incident] == 1);
    const std::string text = one.route.text();
    if (policy_.efficacy.sensor == SensorPlace::behind && takes_nothing(now, one) &&
        !ineffective_.contains(text) && ineffective_.size() < kMostIneffective) {
      changes.push_back({Change::What::took_nothing, reject(now, one)});
    }
    still[text] = std::move(watched_[text]);
  }
  watched_ = std::move(still);
  look_at_trials(now, changes);
  return changes;
}

/// Notes the rates of all open floods, of the last kSpan.
void Efficacy::sample(Nanoseconds now, const std::vector<OpenFlood>& floods) {
  std::map<std::string, std::deque<Sample>> open;
  for (const OpenFlood& flood : floods) {
    std::deque<Sample>& samples = open[flood.id] = std::move(samples_[flood.id]);
    while (!samples.empty() && now - samples.front().at >= kSpan) samples.pop_front();
    const double pps = flood.quiet ? 0 : flood.current_pps;
    double sum = pps;
    double count = 1;
    for (auto at = samples.rbegin(); at != samples.rend() && now - at->at < kSecond; ++at) {
      sum += at->pps;
      ++count;
    }
    samples.push_back({now, pps, sum / count, flood.quiet});
  }
  samples_ = std::move(open);
}

void Efficacy::watch(Nanoseconds now, const OpenFlood* flood, const StandingRoute& standing,
                     bool alone) {
  Watched& watched = watched_[standing.route.text()];
  watched.promised = standing.promised_share.value_or(1);
  if (standing.flood_pps && !watched.flood_before) watched.flood_before = standing.flood_pps;
  const auto samples = samples_.find(standing.incident);
  const bool open = flood != nullptr && samples != samples_.end();
  if (open && !standing.flood_pps && now - standing.since <= kRising) {
    for (const Sample& one : samples->second) {
      watched.flood_before = std::max(watched.flood_before.value_or(0), one.average);
    }
  }
  if (!watched.flood_before) return;
  const double before = *watched.flood_before * watched.promised;
  watched.measure.before_pps = before;
  if (now - standing.since < kSettling) return;
  const Nanoseconds settled = standing.since + kSettling;
  double sum = 0;
  watched.samples = 0;
  watched.quiet = !open;
  if (open) {
    for (const Sample& one : samples->second) {
      if (one.at < settled) continue;
      sum += one.pps;
      ++watched.samples;
      watched.quiet = watched.quiet || one.quiet;
    }
    if (watched.samples == 0) return;
  }
  watched.flood_after = watched.samples == 0 ? 0 : sum / static_cast<double>(watched.samples);
  // A rule alone takes all by which the flood fell. Of several, the sample of what still arrives
  // tells them apart.
  const double fell = *watched.flood_before - watched.flood_after;
  const double share = open ? share_now(*flood, standing.route).value_or(watched.promised) : 0;
  watched.measure.after_pps =
      alone ? std::max(0.0, before - fell) : std::max(0.0, share * watched.flood_after);
}

bool Efficacy::takes_nothing(Nanoseconds now, const StandingRoute& standing) const {
  const std::string text = standing.route.text();
  const Watched& watched = watched_.at(text);
  const auto memory = memory_.find(text);
  const bool trusted = memory != memory_.end() && now < memory->second.trusted_until;
  if (trusted || watched.quiet || watched.samples < kLeastSamples) return false;
  if (now - standing.since < policy_.efficacy.judge_after) return false;
  const auto efficacy = watched.measure.efficacy();
  return efficacy && *efficacy < policy_.efficacy.least;
}

IneffectiveRoute Efficacy::reject(Nanoseconds now, const StandingRoute& standing) {
  const std::string text = standing.route.text();
  const Watched& watched = watched_.at(text);
  Memory& memory = memory_[text];
  Nanoseconds pause = policy_.time.probe;
  for (unsigned n = 0; n < memory.times && pause < policy_.time.to_live; ++n) pause = pause * 2;
  pause = std::min(pause, policy_.time.to_live);
  ++memory.times;
  memory.flood_pps = watched.flood_after;
  memory.forget = now + pause * 2;
  return ineffective_[text] = {standing, watched.measure, now, now + pause};
}

/// A withdrawal is also a trial: when the flood grows at once, the route did take some of it.
void Efficacy::look_at_trials(Nanoseconds now, std::vector<Change>& changes) {
  for (auto at = ineffective_.begin(); at != ineffective_.end();) {
    const auto& [text, route] = *at;
    const auto samples = samples_.find(route.standing.incident);
    Memory& memory = memory_[text];
    const bool in_trial = now - route.at > kSecond && now - route.at <= kTrial;
    const bool grew =
        samples != samples_.end() &&
        samples->second.back().average >= std::max(kLeastRate, memory.flood_pps * kGrowth);
    if (!in_trial || !grew) {
      ++at;
      continue;
    }
    memory.trusted_until = now + policy_.time.probe;
    memory.times = 0;
    memory.forget = memory.trusted_until;
    changes.push_back({Change::What::did_take, route});
    at = ineffective_.erase(at);
  }
}

void Efficacy::forget_old(Nanoseconds now) {
  std::erase_if(ineffective_, [&](const auto& entry) { return now >= entry.second.until; });
  std::erase_if(memory_, [&](const auto& entry) {
    return now >= entry.second.forget && !ineffective_.contains(entry.first);
  });
}

RouteMeasure Efficacy::measure(const std::string& route) const {
  const auto found = watched_.find(route);
  if (found == watched_.end()) return {};
  RouteMeasure measure = found->second.measure;
  // What arrives before the routers filter is what the route is asked to take.
  if (policy_.efficacy.sensor == SensorPlace::before) measure.after_pps.reset();
  return measure;
}

std::optional<double> Efficacy::flood_rate(const std::string& route) const {
  const auto found = watched_.find(route);
  return found == watched_.end() ? std::nullopt : found->second.flood_before;
}

}  // namespace floodgauge
