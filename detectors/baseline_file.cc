#include "detectors/baseline_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

namespace floodgauge {
namespace {

using Json = nlohmann::json;

constexpr const char* kSchema = "floodgauge.baseline/1";

/// The number with the fewest digits that the float is read back from: half of the text.
double few_digits(float number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  double same = number;
  std::from_chars(text.data(), end, same);
  return same;
}

Json season_json(const UsualRate::Season& season) {
  Json hours = Json::array();
  for (std::size_t h = 0; h < season.size(); ++h) {
    const UsualRate::Hour& hour = season[h];
    if (hour.weeks != 0) {
      hours.push_back({h, few_digits(hour.level), few_digits(hour.spread), hour.weeks});
    }
  }
  return hours;
}

/// Throws for numbers that are not whole or greater than `limit`.
std::uint64_t whole_number(const Json& json, std::uint64_t limit) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > limit) {
    throw std::runtime_error("a number is not whole, negative or above " + std::to_string(limit));
  }
  return json.get<std::uint64_t>();
}

/// Infinite for numbers beyond the range of float, which UsualRate::restore() refuses.
float float_of(const Json& json) {
  const double number = json.get<double>();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return std::abs(number) <= std::numeric_limits<float>::max() ? static_cast<float>(number)
                                                               : kInfinity;
}

std::optional<UsualRate::Season> season_of(const Json& hours) {
  UsualRate::Season season{};
  for (const Json& row : hours) {
    const std::uint64_t h = whole_number(row.at(0), season.size() - 1);
    if (row.size() != 4) return std::nullopt;
    season[h] = {float_of(row.at(1)), float_of(row.at(2)),
                 static_cast<std::uint32_t>(whole_number(row.at(3), UINT32_MAX))};
  }
  return season;
}

bool read_rate(const Json& json, UsualRate& rate) {
  std::optional<UsualRate::Season> season;
  if (json.contains("hours")) {
    season = season_of(json.at("hours"));
    if (!season) return false;
  }
  return UsualRate::restore(json.at("level").get<double>(), json.at("spread").get<double>(),
                            whole_number(json.at("seconds"), UINT64_MAX),
                            season ? &*season : nullptr, rate);
}

std::size_t class_of(const std::string& name) {
  for (std::size_t c = 0; c < kBaselineClasses; ++c) {
    if (class_name(baseline_classes()[c].traffic_class) == name) return c;
  }
  return kBaselineClasses;
}

LearntBaselines read_all(const Json& json) {
  if (json.at("schema") != kSchema)
    throw std::runtime_error("schema is not " + std::string(kSchema));
  LearntBaselines learnt;
  for (const auto& [text, classes] : json.at("prefixes").items()) {
    const std::optional<IpPrefix> prefix = IpPrefix::parse(text);
    if (!prefix) throw std::runtime_error("not a prefix: " + text);
    PrefixBaseline& rates = learnt[*prefix];
    for (const auto& [name, rate] : classes.items()) {
      const std::size_t c = class_of(name);
      if (c == kBaselineClasses) continue;  // a class of another version
      if (!read_rate(rate, rates[c])) throw std::runtime_error(text + ": " + name + ": no rate");
    }
  }
  return learnt;
}

std::optional<ServiceSeason> read_season(const Json& json) {
  constexpr float kMostSeconds = 60;
  constexpr float kMostRequests = 1e9F;
  const auto within = [](float value, float most) { return value >= 0 && value <= most; };
  ServiceSeason season;
  for (const Json& row : json.at("hours")) {
    if (row.size() != 6) return std::nullopt;
    ServiceHour& hour = season.hours[whole_number(row.at(0), season.hours.size() - 1)];
    hour = {float_of(row.at(1)), float_of(row.at(2)), float_of(row.at(3)), float_of(row.at(4)),
            static_cast<std::uint32_t>(whole_number(row.at(5), UINT32_MAX))};
    if (!within(hour.ratio, 1) || !within(hour.median, kMostSeconds) ||
        !within(hour.p90, kMostSeconds) || !within(hour.requests, kMostRequests)) {
      return std::nullopt;
    }
    season.busiest = std::max(season.busiest, hour.requests);
  }
  return season;
}

/// Files of earlier versions have none.
LearntServices read_services(const Json& json) {
  LearntServices services;
  if (!json.contains("services")) return services;
  for (const auto& [text, names] : json.at("services").items()) {
    const std::optional<IpPrefix> prefix = IpPrefix::parse(text);
    if (!prefix) throw std::runtime_error("not a prefix: " + text);
    for (const auto& [name, servers] : names.items()) {
      for (const auto& [address, row] : servers.items()) {
        const std::optional<IpAddress> server = IpAddress::parse(address);
        const auto season = server ? read_season(row) : std::nullopt;
        if (!season) throw std::runtime_error(text + ": " + name + ": " + address + ": no season");
        services[*prefix][{name, *server}] = *season;
      }
    }
  }
  return services;
}

Json hours_json(const ServiceSeason& season) {
  Json hours = Json::array();
  for (std::size_t h = 0; h < season.hours.size(); ++h) {
    const ServiceHour& hour = season.hours[h];
    if (hour.weeks == 0) continue;
    hours.push_back({h, few_digits(hour.ratio), few_digits(hour.median), few_digits(hour.p90),
                     few_digits(hour.requests), hour.weeks});
  }
  return hours;
}

std::string complaint(const std::string& path, const char* what) {
  return path + ": " + what + ": " + std::strerror(errno);
}

}  // namespace

void BaselineText::add(const IpPrefix& prefix, const PrefixBaseline& learnt) {
  Json classes = Json::object();
  for (std::size_t c = 0; c < learnt.size(); ++c) {
    const UsualRate& rate = learnt[c];
    if (rate.seconds() == 0) continue;
    Json row = {{"level", rate.level()}, {"spread", rate.spread()}, {"seconds", rate.seconds()}};
    if (rate.season() != nullptr) row["hours"] = season_json(*rate.season());
    classes[std::string(class_name(baseline_classes()[c].traffic_class))] = std::move(row);
  }
  if (!prefixes_.empty()) prefixes_ += ',';
  prefixes_.append("\"").append(prefix.text()).append("\":").append(classes.dump());
}

void BaselineText::add(const IpPrefix& prefix, const PrefixSeasons& seasons) {
  Json names = Json::object();
  for (const auto& [of, season] : seasons) {
    names[of.service][of.server.text()] = {{"hours", hours_json(season)}};
  }
  if (names.empty()) return;
  if (!services_.empty()) services_ += ',';
  services_.append("\"").append(prefix.text()).append("\":").append(names.dump());
}

std::string BaselineText::text() const {
  return "{\"prefixes\":{" + prefixes_ + "},\"schema\":\"" + kSchema + "\",\"services\":{" +
         services_ + "}}\n";
}

bool parse_baseline(std::string_view text, LearntBaselines& learnt, std::string& error,
                    LearntServices* services) {
  try {
    const Json json = Json::parse(text);
    LearntServices of_services = read_services(json);
    learnt = read_all(json);
    if (services != nullptr) *services = std::move(of_services);
    return true;
  } catch (const std::exception& wrong) {
    error = wrong.what();
    return false;
  }
}

LearntBaselines load_baseline(const std::string& path, std::string& warning,
                              LearntServices* services) {
  LearntBaselines learnt;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno != ENOENT) warning = complaint(path, "cannot be read");
    return learnt;
  }
  std::string text;
  text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  std::string error = "is too large";
  if (text.size() <= kMaxBaselineFileBytes && parse_baseline(text, learnt, error, services)) {
    return learnt;
  }
  const std::string aside = path + ".damaged";
  const bool moved = std::rename(path.c_str(), aside.c_str()) == 0;
  warning = path + ": is no baseline (" + error + "); learning begins anew" +
            (moved ? ", the file is now " + aside : "");
  return {};
}

}  // namespace floodgauge
