#include "engine/app/announce_telling.h"

#include <unistd.h>

#include <filesystem>

#include "engine/export/http/telling.h"
#include "engine/export/report/time_text.h"
#include "engine/port/utc_clock.h"

namespace floodgauge {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestReason = 200;
constexpr std::size_t kLongestName = 64;

const char* speaker_name(SpeakerType type) {
  switch (type) {
    case SpeakerType::exabgp:
      return "exabgp";
    case SpeakerType::gobgp:
      return "gobgp";
    case SpeakerType::program:
      break;
  }
  return "program";
}

/// "host:policy", in the letters that the sensor takes.
std::string announcer_name(const std::string& policy) {
  char host[256] = {};
  std::string name = gethostname(host, sizeof(host) - 1) == 0 ? host : "";
  name += ":" + std::filesystem::path(policy).stem().string();
  for (char& c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':';
    if (!letter && !other) c = '_';
  }
  return name.substr(0, kLongestName);
}

Json number_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json rule_json(const StandingRoute& standing, const RouteMeasure& measure, AnnouncedState state,
               Nanoseconds since) {
  return {{"route", standing.route.text()},
          {"incident", standing.incident},
          {"state", kAnnouncedStateNames[static_cast<std::size_t>(state)]},
          {"since", rfc3339(since)},
          {"promised_share", number_or_null(standing.promised_share)},
          {"before_pps", number_or_null(measure.before_pps)},
          {"after_pps", number_or_null(measure.after_pps)},
          {"remaining_ratio", number_or_null(measure.remaining_ratio())},
          {"efficacy", number_or_null(measure.efficacy())}};
}

/// What the sensor answers when it refuses.
std::string refusal_of(const HttpReply& reply) {
  const Json json = Json::parse(reply.body, nullptr, false);
  const bool told = json.is_object() && json.contains("error") && json["error"].is_string();
  return "it answers " + std::to_string(reply.status) +
         (told ? ": " + json["error"].get<std::string>() : "");
}

}  // namespace

SensorTelling::SensorTelling(const Policy& policy, const std::string& path, Url sensor, Say say)
    : sensor_(std::move(sensor)),
      say_(std::move(say)),
      name_(announcer_name(path)),
      speaker_(speaker_name(policy.speaker.type)),
      started_(rfc3339(UtcClock().now())),
      dry_run_(policy.dry_run) {
  if (sensor_.user.empty()) {
    say_(
        "the sensor is not told what stands: that needs a user and a password, in the URL or by "
        "--password-file");
  }
}

Json SensorTelling::body(const Reconciler& reconciler, const Efficacy& efficacy) const {
  Json rules = Json::array();
  for (const StandingRoute& standing : reconciler.standing()) {
    if (rules.size() == kMostToldRules) break;
    const RouteMeasure measure =
        dry_run_ ? RouteMeasure{} : efficacy.measure(standing.route.text());
    rules.push_back(rule_json(standing, measure, AnnouncedState::announced, standing.since));
  }
  for (const auto& [text, route] : efficacy.ineffective()) {
    if (rules.size() == kMostToldRules) break;
    rules.push_back(
        rule_json(route.standing, route.measure, AnnouncedState::ineffective, route.at));
  }
  std::map<std::string, std::string> reasons;
  for (const HeldBack& held : reconciler.held_back()) {
    if (reasons.size() < kMostToldRules) reasons[held.incident] = held.reason;
  }
  Json held_back = Json::array();
  for (const auto& [incident, reason] : reasons) {
    held_back.push_back({{"incident", incident}, {"reason", reason.substr(0, kLongestReason)}});
  }
  Json totals = Json::object();
  for (std::size_t i = 0; i < totals_.size(); ++i) totals[kAnnouncementResultNames[i]] = totals_[i];
  return {{"announcer", name_},         {"speaker", speaker_},
          {"started", started_},        {"dry_run", dry_run_},
          {"rules", std::move(rules)},  {"held_back", std::move(held_back)},
          {"totals", std::move(totals)}};
}

void SensorTelling::tell(const Reconciler& reconciler, const Efficacy& efficacy, bool at_once) {
  if (sensor_.user.empty()) return;
  const auto now = Clock::now();
  if (now < next_ && !(at_once && wrong_.empty())) return;
  std::string wrong;
  bool refused = false;
  try {
    const HttpReply reply =
        http_put(sensor_, "/api/v1/announced", body(reconciler, efficacy).dump(), kPatience);
    if (reply.status != 200) wrong = refusal_of(reply);
    refused = reply.status >= 400 && reply.status < 500;
  } catch (const NotReachable& error) {
    wrong = error.what();
  }
  if (!wrong.empty() && wrong != wrong_) say_("the sensor does not take what stands: " + wrong);
  if (wrong.empty() && !wrong_.empty()) say_("the sensor takes what stands again");
  next_ = Clock::now() + (refused ? kTellAgain : kTellEvery);
  wrong_ = std::move(wrong);
}

}  // namespace floodgauge
