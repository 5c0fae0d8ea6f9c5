#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "engine/export/bgp/child_program.h"
#include "engine/export/bgp/speaker.h"

namespace floodgauge {
namespace {

using Clock = std::chrono::steady_clock;

/// How often gobgpd is asked whether it still has the routes.
constexpr std::chrono::seconds kAskEvery{2};

struct Rename {
  std::string_view from;
  std::string_view to;
};
/// Components whose names differ.
constexpr std::array<Rename, 3> kComponents = {
    {{"next-header", "protocol"}, {"traffic-class", "dscp"}, {"flow-label", "label"}}};
constexpr std::array<Rename, 8> kFlags = {{{"fin", "F"},
                                           {"syn", "S"},
                                           {"rst", "R"},
                                           {"push", "P"},
                                           {"ack", "A"},
                                           {"urgent", "U"},
                                           {"ece", "E"},
                                           {"cwr", "C"}}};

/// "=syn+ack" -> "=SA"; empty when a flag is not known.
std::string flags_of(const std::string& value) {
  const std::size_t first = std::min(value.find_first_not_of("=!&"), value.size());
  std::string out = value.substr(0, first);
  for (std::size_t at = first; at < value.size();) {
    const std::size_t end = std::min(value.find('+', at), value.size());
    const std::string_view word = std::string_view(value).substr(at, end - at);
    const auto flag = std::find_if(kFlags.begin(), kFlags.end(),
                                   [&](const Rename& row) { return row.from == word; });
    if (flag == kFlags.end()) return "";
    out += flag->to;
    at = end + 1;
  }
  return out;
}

/// "=443" -> "==443", "443" -> "==443"; ">=100&<=200" stays.
std::string number_of(const std::string& value) {
  if (value.starts_with("=") && !value.starts_with("==")) return "=" + value;
  return std::isdigit(static_cast<unsigned char>(value.front())) != 0 ? "==" + value : value;
}

std::string value_of(const std::string& key, const std::string& value) {
  if (key == "destination" || key == "source" || key == "fragment") return value;
  return key == "tcp-flags" ? flags_of(value) : number_of(value);
}

std::string family_of(const Route& route) {
  return std::string(route.target.v6 ? "ipv6" : "ipv4") + (route.is_flowspec() ? "-flowspec" : "");
}

/// Appends the match and the action of a rule. False when GoBGP has no word for a value.
bool append_rule(const FlowRule& rule, bool with_action, std::vector<std::string>& words) {
  words.emplace_back("match");
  for (const FlowMatch& match : rule.matches) {
    const auto renamed = std::find_if(kComponents.begin(), kComponents.end(),
                                      [&](const Rename& row) { return row.from == match.key; });
    words.emplace_back(renamed == kComponents.end() ? std::string_view(match.key) : renamed->to);
    for (const std::string& value : match.values) {
      std::string word = value_of(match.key, value);
      if (word.empty()) return false;
      words.push_back(std::move(word));
    }
  }
  if (!with_action) return true;
  words.emplace_back("then");
  words.push_back(rule.action);
  if (!rule.rate.empty()) words.push_back(rule.rate);
  return true;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

class GobgpSpeaker : public Speaker {
 public:
  explicit GobgpSpeaker(const SpeakerPolicy& policy) {
    const std::size_t colon = policy.address.rfind(':');
    std::string host = policy.address.substr(0, colon);
    std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
    client_ = {policy.program.empty() ? "gobgp" : policy.program, "-u", host, "-p",
               policy.address.substr(colon + 1)};
  }

  std::string announce(const Route& route) override {
    std::string wrong = change(route, "add");
    if (wrong.empty()) announced_[family_of(route)].insert(route.text());
    return wrong;
  }

  std::string withdraw(const Route& route) override {
    std::string wrong = change(route, "del");
    if (wrong.empty()) announced_[family_of(route)].erase(route.text());
    return wrong;
  }

  /// gobgpd keeps routes in memory only: after a restart it has fewer than were announced.
  bool has_forgotten() override {
    if (Clock::now() - asked_ < kAskEvery) return false;
    asked_ = Clock::now();
    for (const auto& [family, routes] : announced_) {
      if (!routes.empty() && count(family).value_or(routes.size()) < routes.size()) return true;
    }
    return false;
  }

 private:
  std::string change(const Route& route, const std::string& verb) const {
    const std::vector<std::string> words = gobgp_arguments(route, verb);
    if (words.empty()) return "GoBGP has no words for " + route.text();
    const ProgramResult ran = run(words);
    if (ran.wrong.empty()) return "";
    const std::string said = ran.output.substr(0, ran.output.find('\n'));
    return client_.front() + ": " + ran.wrong + (said.empty() ? "" : ": " + said);
  }

  /// The number of routes of a family; nothing when gobgpd does not answer.
  std::optional<std::size_t> count(const std::string& family) const {
    const ProgramResult ran = run({"global", "rib", "-a", family, "-j"});
    if (!ran.wrong.empty()) return std::nullopt;
    const auto document = nlohmann::json::parse(ran.output, nullptr, false);
    return document.is_object() ? document.size() : 0;
  }

  ProgramResult run(const std::vector<std::string>& words) const {
    std::vector<std::string> arguments = client_;
    arguments.insert(arguments.end(), words.begin(), words.end());
    return run_program(arguments, "", kSpeakerPatience);
  }

  std::vector<std::string> client_;                         ///< with the server's address
  std::map<std::string, std::set<std::string>> announced_;  ///< texts by family
  Clock::time_point asked_ = Clock::now();
};

}  // namespace

std::vector<std::string> gobgp_arguments(const Route& route, const std::string& verb) {
  const bool adds = verb == "add";
  std::vector<std::string> words = {"global", "rib", verb, "-a", family_of(route)};
  if (route.is_flowspec()) {
    if (!append_rule(*route.rule, adds, words)) return {};
  } else {
    words.push_back(route.target.text());
    if (adds) {
      const bool self = route.next_hop == "self";
      words.insert(words.end(),
                   {"nexthop", self ? (route.target.v6 ? "::" : "0.0.0.0") : route.next_hop});
    }
  }
  std::vector<std::string> communities = route.communities;
  if (!route.is_flowspec()) communities.insert(communities.begin(), "65535:666");
  if (adds && !communities.empty()) {
    words.insert(words.end(), {"community", joined(communities)});
  }
  return words;
}

std::unique_ptr<Speaker> make_gobgp_speaker(const SpeakerPolicy& policy) {
  return std::make_unique<GobgpSpeaker>(policy);
}

}  // namespace floodgauge
