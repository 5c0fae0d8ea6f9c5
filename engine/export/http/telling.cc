#include "engine/export/http/telling.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "engine/base/address.h"
#include "engine/export/report/incident_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

constexpr int kDeepest = 6;  ///< of objects and lists in one another
constexpr std::size_t kLongestRoute = 2000;
constexpr std::size_t kLongestText = 200;  ///< of a reason
constexpr std::size_t kLongestName = 64;
constexpr double kGreatest = 1e15;  ///< of a count or a rate
constexpr std::array<std::string_view, 3> kSpeakers = {"exabgp", "gobgp", "program"};

/// Where something is wrong, and what.
struct Wrong : std::runtime_error {
  Wrong(const std::string& where, const std::string& what)
      : std::runtime_error(where + (where.empty() ? "" : ": ") + what) {}
};

/// One JSON object with its place in the body.
class Object {
 public:
  Object(const Json& json, std::string place) : json_(json), place_(std::move(place)) {
    if (!json.is_object()) throw Wrong(place_.empty() ? "the body" : place_, "is no object");
  }

  std::string place(const char* key) const { return place_.empty() ? key : place_ + "." + key; }

  /// Null when it is absent or null.
  const Json* find(const char* key) const {
    const auto at = json_.find(key);
    return at == json_.end() || at->is_null() ? nullptr : &*at;
  }

  /// Printable ASCII.
  std::optional<std::string> text(const char* key, std::size_t longest) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) throw Wrong(place(key), "is no text");
    const auto& text = value->get_ref<const std::string&>();
    if (text.empty()) throw Wrong(place(key), "is empty");
    if (text.size() > longest) {
      throw Wrong(place(key), "is longer than " + std::to_string(longest) + " bytes");
    }
    if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e; })) {
      throw Wrong(place(key), "has characters other than printable ones of ASCII");
    }
    return text;
  }
  std::string needed_text(const char* key, std::size_t longest) const {
    auto found = text(key, longest);
    if (!found) throw Wrong(place(key), "is missing");
    return *found;
  }

  /// From 0 to `greatest`.
  std::optional<double> number(const char* key, double greatest) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    const double found = value->is_number() ? value->get<double>() : -1;
    if (!std::isfinite(found) || found < 0 || found > greatest) {
      throw Wrong(place(key), "is no number from 0 to " + Json(greatest).dump());
    }
    return found;
  }

  bool flag(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) throw Wrong(place(key), "is neither true nor false");
    return value->get<bool>();
  }

  /// An empty list when it is absent.
  const Json& list(const char* key) const {
    static const Json kNone = Json::array();
    const Json* value = find(key);
    if (value == nullptr) return kNone;
    if (!value->is_array()) throw Wrong(place(key), "is no list");
    if (value->size() > kMostToldRules) {
      throw Wrong(place(key), "has more than " + std::to_string(kMostToldRules) + " entries");
    }
    return *value;
  }

 private:
  const Json& json_;
  std::string place_;
};

/// Letters, digits and what names of hosts and files have.
std::string name_of(const Object& object, const char* key) {
  std::string text = object.needed_text(key, kLongestName);
  const bool sound = text.find_first_not_of(
                         "0123456789abcdefghijklmnopqrstuvwxyz"
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:/@") == std::string::npos;
  if (!sound) throw Wrong(object.place(key), "has characters other than A-Z a-z 0-9 - _ . : / @");
  return text;
}

std::string speaker_of(const Object& object, const char* key) {
  std::string text = object.needed_text(key, kLongestName);
  if (std::find(kSpeakers.begin(), kSpeakers.end(), text) == kSpeakers.end()) {
    throw Wrong(object.place(key), "is none of exabgp, gobgp and program");
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// The prefix after `word`; nothing when there is none.
std::optional<IpPrefix> prefix_after(std::string_view text, std::string_view word) {
  const std::size_t at = text.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = trimmed(text.substr(at + word.size()));
  rest = rest.substr(0, rest.find_first_of(" ;"));
  return IpPrefix::parse(std::string(rest));
}

/// Fills target and rule from the route's text: "flow route { match { destination 198.51.100.7/32;
/// protocol =17; } then { discard; } }" or "route 198.51.100.7/32 next-hop self community [...]".
bool describe(AnnouncedRule& rule) {
  const std::string_view text = rule.route;
  if (text.starts_with("route ")) {
    const auto prefix = prefix_after(text, "route ");
    if (!prefix) return false;
    rule.target = prefix->text();
    rule.rule = "blackhole";
    return true;
  }
  constexpr std::string_view kMatch = "match {";
  const std::size_t begin = text.find(kMatch);
  const std::size_t end = begin == std::string_view::npos ? begin : text.find('}', begin);
  if (!text.starts_with("flow route {") || end == std::string_view::npos) return false;
  std::string_view match = text.substr(begin + kMatch.size(), end - begin - kMatch.size());
  auto prefix = prefix_after(match, "destination ");
  std::string_view own = "destination ";
  if (!prefix) {
    prefix = prefix_after(match, "source ");
    own = "source ";
  }
  if (!prefix) return false;
  rule.target = prefix->text();
  while (!match.empty()) {
    const std::size_t semicolon = std::min(match.find(';'), match.size());
    const std::string_view part = trimmed(match.substr(0, semicolon));
    match.remove_prefix(std::min(semicolon + 1, match.size()));
    if (part.empty() || part.starts_with(own)) continue;
    rule.rule += (rule.rule.empty() ? "" : "; ") + std::string(part);
  }
  if (rule.rule.empty()) rule.rule = "all";
  return true;
}

AnnouncedRule rule_of(const Json& json, const std::string& place, const Telling& telling) {
  const Object object(json, place);
  AnnouncedRule rule;
  rule.route = object.needed_text("route", kLongestRoute);
  if (!describe(rule)) {
    throw Wrong(object.place("route"), "is no route of a prefix in ExaBGP's text form");
  }
  rule.incident = name_of(object, "incident");
  rule.speaker =
      object.find("speaker") == nullptr ? telling.speaker : speaker_of(object, "speaker");
  if (rule.speaker.empty()) throw Wrong(object.place("speaker"), "is missing");
  const auto since = parse_time(object.needed_text("since", kLongestName));
  if (!since) throw Wrong(object.place("since"), "is no RFC 3339 time");
  rule.since = *since;
  if (const auto state = object.text("state", kLongestName)) {
    const auto at = std::find(kAnnouncedStateNames.begin(), kAnnouncedStateNames.end(), *state);
    if (at == kAnnouncedStateNames.end()) {
      throw Wrong(object.place("state"), "is neither announced nor ineffective");
    }
    rule.state = static_cast<AnnouncedState>(at - kAnnouncedStateNames.begin());
  }
  rule.dry_run = telling.dry_run;
  rule.promised_share = object.number("promised_share", 1);
  rule.before_pps = object.number("before_pps", kGreatest);
  rule.after_pps = object.number("after_pps", kGreatest);
  rule.remaining_ratio = object.number("remaining_ratio", kGreatest);
  rule.efficacy = object.number("efficacy", 1);
  return rule;
}

void read(const Object& body, Telling& telling) {
  if (body.find("announcer") != nullptr) telling.announcer = name_of(body, "announcer");
  if (body.find("speaker") != nullptr) telling.speaker = speaker_of(body, "speaker");
  telling.started = body.text("started", kLongestName).value_or("");
  telling.dry_run = body.flag("dry_run");
  if (body.find("rules") == nullptr) throw Wrong("rules", "is missing");
  for (const Json& rule : body.list("rules")) {
    const std::string place = "rules[" + std::to_string(telling.rules.size()) + "]";
    telling.rules.push_back(rule_of(rule, place, telling));
  }
  std::size_t at = 0;
  for (const Json& entry : body.list("held_back")) {
    const Object held(entry, "held_back[" + std::to_string(at++) + "]");
    telling.held_back[name_of(held, "incident")] = held.needed_text("reason", kLongestText);
  }
  if (const Json* totals = body.find("totals"); totals != nullptr) {
    const Object object(*totals, "totals");
    for (std::size_t i = 0; i < telling.totals.size(); ++i) {
      telling.totals[i] = static_cast<std::uint64_t>(
          object.number(kAnnouncementResultNames[i], kGreatest).value_or(0));
    }
  }
}

}  // namespace

ReadTelling read_telling(std::string_view body) {
  ReadTelling result;
  if (body.size() > kMostTellingBytes) {
    result.wrong = "the body is longer than " + std::to_string(kMostTellingBytes) + " bytes";
    return result;
  }
  bool too_deep = false;
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kDeepest;
    return depth <= kDeepest;
  };
  try {
    const Json json = Json::parse(body, shallow);
    if (too_deep) throw Wrong("the body", "has lists or objects more than 6 deep");
    read(Object(json, ""), result.telling);
  } catch (const Json::parse_error& error) {
    result.wrong = "the body is no JSON, at byte " + std::to_string(error.byte);
  } catch (const Json::out_of_range&) {
    result.wrong = "the body has a number that no double can hold";
  } catch (const Wrong& wrong) {
    result.wrong = wrong.what();
  }
  return result;
}

}  // namespace floodgauge
