#include "engine/export/terminal/tune.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "config/quantity.h"
#include "config/yaml_writer.h"
#include "engine/base/number_text.h"
#include "engine/export/report/text_style.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

constexpr int kWidth = 110;
/// With fewer minutes than these, a week has hours that were not seen.
constexpr std::uint64_t kMinutesOfWeek = 7 * 1440;

/// "Tue 2026-01-06 19:12 UTC"
std::string when_text(Nanoseconds time) {
  static constexpr std::array kDays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  const auto day = static_cast<std::size_t>(time.count / whole_seconds(86'400).count % 7);
  return std::string(kDays[day]) + " " + date_and_time(time).substr(0, 16) + " UTC";
}

/// Three significant digits are enough for people.
std::string rate_of(double value, RateKind kind) {
  if (value <= 0) return rate_text(0, kind);
  const double step = std::pow(10, std::floor(std::log10(value)) - 2);
  return rate_text(std::round(std::round(value / step) * step * 1e6) / 1e6, kind);
}

std::string of_whom(const Busiest& busiest, std::size_t scope) {
  return scope == 0 ? busiest.host.text() : busiest.prefix.text();
}

std::string reason_of(const ProposedLimit& limit, std::size_t i, std::size_t scope,
                      const TuneSettings& settings) {
  const RateKind kind = kThresholdTable[i].kind;
  std::string text = decimal_text(settings.headroom) + " x " + rate_of(limit.usual, kind);
  if (*limit.bound != 0) text = std::string(limit.bound) + ", since " + text + " is less";
  text += "; busiest " + rate_of(limit.busiest.value, kind) + ", " + of_whom(limit.busiest, scope) +
          ", " + when_text(limit.busiest.time);
  return text + "; now " + (limit.now ? rate_text(*limit.now, kind) : "none");
}

void add_comment(std::string& out, const std::string& text, const std::string& indent) {
  const int width = kWidth - static_cast<int>(indent.size()) - 2;
  for (const std::string& line : wrapped(terminal_safe(text), width)) {
    out += indent + "# " + line + "\n";
  }
}

std::string scope_yaml(const TunedProfile& profile, std::size_t scope,
                       const TuneSettings& settings) {
  std::string out;
  std::string stay;
  for (std::size_t i = 0; i < kLimits; ++i) {
    const ProposedLimit& limit = profile.limits[scope][i];
    if (!limit.proposed) {
      stay += (stay.empty() ? "" : ", ") + std::string(kThresholdTable[i].key);
      continue;
    }
    add_comment(out, reason_of(limit, i, scope, settings), "      ");
    out += "      " + std::string(kThresholdTable[i].key) + ": " +
           rate_text(*limit.proposed, kThresholdTable[i].kind) + "\n";
  }
  if (!out.empty()) out = "    " + std::string(kTunedScopes[scope]) + ":\n" + out;
  if (!stay.empty()) {
    add_comment(out,
                "not seen in " + std::string(kTunedScopes[scope]) +
                    ", so that they stay as they are: " + stay,
                "    ");
  }
  return out;
}

std::string times(double value) {
  return value <= 0 ? "not among the busiest" : magnitude(value) + " x its limit";
}

void add_found(std::string& out, const TuneResult& result) {
  out += "#\n";
  add_comment(
      out,
      "What the limits would have found. Rates are plain counts of the highest window of each "
      "minute, so that a detector may have left alone what is above a limit here.",
      "");
  for (const auto& [name, profile] : result.profiles) {
    add_comment(out,
                "profile " + name + ", " + grouped(profile.minutes) +
                    " minutes: ordinary traffic above a limit in " + grouped(profile.above_now) +
                    " with those of now, in " + grouped(profile.above_new) + " with these",
                "");
  }
  add_comment(out,
              counted(result.floods.size() + result.more_floods, "flood") + " in this time:", "");
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(result.floods.size(), kShown); ++i) {
    const TunedFlood& flood = result.floods[i];
    add_comment(out,
                "  " + flood.id + " on " + flood.target + ", " + when_text(flood.start) + ": now " +
                    times(flood.times_now) + ", with these " + times(flood.times_new),
                "");
  }
  if (result.floods.size() > kShown) out += "#   and more; --format json has them\n";
  out += result.near.empty() ? "# No host or prefix comes near these limits.\n"
                             : "# Nearest to these limits, without a flood:\n";
  for (const NearLimit& near : result.near) {
    const ThresholdRow& row = kThresholdTable[near.limit];
    add_comment(out,
                "  " + of_whom(near.at, near.scope) + ": " + near.profile + "." +
                    kTunedScopes[near.scope] + "." + std::string(row.key) + " " +
                    rate_of(near.at.value, row.kind) + ", " + percent(near.share) + ", " +
                    when_text(near.at.time),
                "");
  }
}

Json limit_json(const ProposedLimit& limit, std::size_t i, std::size_t scope) {
  const auto optional = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  const bool seen = limit.busiest.value > 0;
  return {{"key", kThresholdTable[i].key},
          {"now", optional(limit.now)},
          {"proposed", optional(limit.proposed)},
          {"usual", rounded_rate(limit.usual)},
          {"bound", limit.bound},
          {"busiest", rounded_rate(limit.busiest.value)},
          {"busiest_of", seen ? Json(of_whom(limit.busiest, scope)) : Json(nullptr)},
          {"busiest_at", seen ? Json(rfc3339(limit.busiest.time)) : Json(nullptr)}};
}

}  // namespace

std::string tuned_yaml(const TuneResult& result, const TuneSettings& settings,
                       const std::string& source) {
  std::string out;
  add_comment(out,
              "Proposed by floodgauge tune from " + source + ": " + when_text(result.from) +
                  " to " + when_text(result.to) + ", " + grouped(result.rows) +
                  " minutes of prefixes. In " + grouped(result.flooded) +
                  " of them a flood was open: its targets do not count.",
              "");
  add_comment(out,
              "A limit is " + decimal_text(settings.headroom) +
                  " x the rate that the busiest window of " +
                  decimal_text(settings.quantile * 100) +
                  " % of the minutes stayed at or below: head-room for growth and chance.",
              "");
  for (const auto& [name, profile] : result.profiles) {
    if (profile.minutes >= kMinutesOfWeek) continue;
    add_comment(out,
                "Profile " + name + " was seen for " + grouped(profile.minutes) +
                    " minutes, less than a week: some hours of the week are not in it.",
                "");
  }
  out += "profiles:\n";
  for (const auto& [name, profile] : result.profiles) {
    std::string scopes;
    for (std::size_t scope = 0; scope < kTunedScopes.size(); ++scope) {
      scopes += scope_yaml(profile, scope, settings);
    }
    const bool any =
        scopes.find(":\n") != std::string::npos && scopes.find("\n      ") != std::string::npos;
    out += "  " + yaml_quoted(name) + (any ? ":\n" : ": {}\n") + scopes;
  }
  add_comment(out, "outbound: the history keeps no rates of single senders; it stays as it is",
              "    ");
  add_found(out, result);
  return out;
}

Json tuned_json(const TuneResult& result, const TuneSettings& settings, const std::string& source) {
  Json profiles = Json::object();
  for (const auto& [name, profile] : result.profiles) {
    Json one = {{"minutes", profile.minutes},
                {"minutes_above_now", profile.above_now},
                {"minutes_above_proposed", profile.above_new}};
    for (std::size_t scope = 0; scope < kTunedScopes.size(); ++scope) {
      Json limits = Json::array();
      for (std::size_t i = 0; i < kLimits; ++i) {
        limits.push_back(limit_json(profile.limits[scope][i], i, scope));
      }
      one[kTunedScopes[scope]] = limits;
    }
    profiles[name] = one;
  }
  Json near = Json::array();
  for (const NearLimit& row : result.near) {
    near.push_back({{"of", of_whom(row.at, row.scope)},
                    {"profile", row.profile},
                    {"scope", kTunedScopes[row.scope]},
                    {"key", kThresholdTable[row.limit].key},
                    {"value", rounded_rate(row.at.value)},
                    {"share", rounded_share(row.share)},
                    {"at", rfc3339(row.at.time)}});
  }
  Json floods = Json::array();
  for (const TunedFlood& flood : result.floods) {
    floods.push_back({{"id", flood.id},
                      {"target", flood.target},
                      {"start", rfc3339(flood.start)},
                      {"times_now", rounded(flood.times_now, 2)},
                      {"times_proposed", rounded(flood.times_new, 2)}});
  }
  return {{"schema", "floodgauge.tune/1"},
          {"source", source},
          {"from", rfc3339(result.from)},
          {"to", rfc3339(result.to)},
          {"quantile", settings.quantile},
          {"headroom", settings.headroom},
          {"rows", result.rows},
          {"rows_flooded", result.flooded},
          {"profiles", profiles},
          {"floods", floods},
          {"more_floods", result.more_floods},
          {"near", near}};
}

}  // namespace floodgauge
