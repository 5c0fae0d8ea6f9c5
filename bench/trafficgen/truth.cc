#include "bench/trafficgen/truth.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace floodgauge::trafficgen {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kWindowsPerSecond = 1e9 / static_cast<double>(kWindow.count);

Json optional_time(const std::optional<Nanoseconds>& time) {
  return time ? Json(rfc3339(*time)) : Json(nullptr);
}

Json volume_json(const Volume& volume) {
  return {{"packets", volume.packets}, {"bytes", volume.bytes}};
}

std::string target_text(const IpPrefix& prefix) {
  return prefix.text();
}

Json flood_json(const FloodTruth& flood) {
  const FloodSpec& spec = flood.spec;
  const Tally& attack = flood.attack;
  const double seconds = (attack.last() - attack.first()).seconds();
  const double mean =
      seconds > 0 ? static_cast<double>(attack.volume().packets) / seconds : attack.peak_pps();
  Json json;
  json["vector"] = spec.vector_name();
  json["target"] = target_text(spec.target);
  json["start"] = rfc3339(attack.first());
  json["end"] = rfc3339(attack.last());
  json["packets"] = attack.volume().packets;
  json["bytes"] = attack.volume().bytes;
  json["rate_pps"] = spec.pps;
  json["peak_pps"] = attack.peak_pps();
  json["peak_bps"] = attack.peak_bps();
  json["mean_pps"] = mean;
  json["sources"] = flood.sources;
  json["fragments"] = flood.fragments;
  json["ramp"] = spec.ramp.count > 0;
  json["ramp_seconds"] = spec.ramp.seconds();
  json["pulse"] = spec.pulse_on.count == 0 ? Json(nullptr)
                                           : Json{{"on_seconds", spec.pulse_on.seconds()},
                                                  {"off_seconds", spec.pulse_off.seconds()}};
  json["limit_passed"] = optional_time(attack.limit_passed());
  json["answers"] = volume_json(flood.answers.volume());
  return json;
}

Json benign_json(const BenignTruth& benign) {
  Json json{{"name", benign.spec.mix}, {"rate_pps", benign.spec.pps}};
  json.update(volume_json(benign.traffic.volume()));
  json["peak_pps"] = benign.traffic.peak_pps();
  return json;
}

Json effect_json(const EffectSpec& effect, Nanoseconds start) {
  Json json{{"service", effect.service}, {"answers", effect.answers}};
  json["start"] = rfc3339(start + effect.start);
  json["end"] = rfc3339(start + effect.start + effect.duration);
  json["ramp_seconds"] = effect.ramp.seconds();
  if (effect.service == "server") {
    json["host"] = effect.host.text();
    json["of"] = effect.of;
    json["delay_seconds"] = effect.delay.seconds();
  }
  if (effect.service == "blackout") {
    json["direction"] = effect.direction == View::both      ? "both"
                        : effect.direction == View::inbound ? "in"
                                                            : "out";
    json["target"] = effect.target.length == 0 ? Json(nullptr) : Json(target_text(effect.target));
  }
  return json;
}

Json truth_json(const Truth& truth) {
  const Request& request = truth.request;
  Json json;
  json["schema"] = "floodgauge.truth/1";
  json["seed"] = request.seed;
  json["start"] = rfc3339(request.start);
  json["duration_seconds"] = request.duration.seconds();
  json["packets"] = truth.total.volume().packets;
  json["bytes"] = truth.total.volume().bytes;
  json["first"] = rfc3339(truth.total.first());
  json["last"] = rfc3339(truth.total.last());
  json["peak_pps"] = truth.total.peak_pps();
  json["window_seconds"] = kWindow.seconds();
  json["limit_pps"] = request.limit_pps;
  json["inside"] = Json::array();
  for (const IpPrefix& prefix : request.inside) json["inside"].push_back(target_text(prefix));
  json["floods"] = Json::array();
  for (const FloodTruth& flood : truth.floods) json["floods"].push_back(flood_json(flood));
  json["benign"] = Json::array();
  for (const BenignTruth& benign : truth.benign) json["benign"].push_back(benign_json(benign));
  json["effects"] = Json::array();
  for (const EffectSpec& effect : request.effects) {
    json["effects"].push_back(effect_json(effect, request.start));
  }
  return json;
}

}  // namespace

void Tally::close_window() {
  peak_packets_ = std::max(peak_packets_, window_.packets);
  peak_bytes_ = std::max(peak_bytes_, window_.bytes);
  const double pps = static_cast<double>(window_.packets) * kWindowsPerSecond;
  if (!passed_ && limit_ > 0 && pps > limit_) passed_ = window_number_;
}

void Tally::add(Nanoseconds time, std::uint64_t bytes) {
  const std::int64_t number = time.count / kWindow.count;
  if (number != window_number_) {
    close_window();
    window_ = {};
    window_number_ = number;
  }
  if (volume_.packets == 0) first_ = time;
  last_ = time;
  window_ += {1, bytes};
  volume_ += {1, bytes};
}

double Tally::peak_pps() const {
  return static_cast<double>(std::max(peak_packets_, window_.packets)) * kWindowsPerSecond;
}

double Tally::peak_bps() const {
  return static_cast<double>(std::max(peak_bytes_, window_.bytes)) * kWindowsPerSecond * 8;
}

std::optional<Nanoseconds> Tally::limit_passed() const {
  Tally copy = *this;
  copy.close_window();
  if (!copy.passed_) return std::nullopt;
  return kWindow * (*copy.passed_ + 1);
}

std::string rfc3339(Nanoseconds time) {
  const std::int64_t seconds = time.count / 1'000'000'000;
  const std::int64_t fraction = time.count % 1'000'000'000;
  const auto day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::sys_seconds(std::chrono::seconds(seconds)) - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09lldZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<long long>(fraction));
  return text.data();
}

void save_truth(const Truth& truth, const std::string& path) {
  std::ofstream file(path);
  file << truth_json(truth).dump(2) << '\n';
  file.close();
  if (!file) throw std::runtime_error(path + ": cannot write");
}

}  // namespace floodgauge::trafficgen
