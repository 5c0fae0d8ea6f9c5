#include "detectors/baseline_file.h"

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

std::string BaselineText::text() const {
  return "{\"prefixes\":{" + prefixes_ + "},\"schema\":\"" + kSchema + "\"}\n";
}

bool parse_baseline(std::string_view text, LearntBaselines& learnt, std::string& error) {
  try {
    learnt = read_all(Json::parse(text));
    return true;
  } catch (const std::exception& wrong) {
    error = wrong.what();
    return false;
  }
}

LearntBaselines load_baseline(const std::string& path, std::string& warning) {
  LearntBaselines learnt;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno != ENOENT) warning = complaint(path, "cannot be read");
    return learnt;
  }
  std::string text;
  text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  std::string error = "is too large";
  if (text.size() <= kMaxBaselineFileBytes && parse_baseline(text, learnt, error)) return learnt;
  const std::string aside = path + ".damaged";
  const bool moved = std::rename(path.c_str(), aside.c_str()) == 0;
  warning = path + ": is no baseline (" + error + "); learning begins anew" +
            (moved ? ", the file is now " + aside : "");
  return {};
}

}  // namespace floodgauge
