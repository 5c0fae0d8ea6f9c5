#include "engine/export/bgp/flow_rule.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace floodgauge {
namespace {

/// Longest text that is read. The longest rule of an incident has some hundred bytes; an NLRI has
/// at most 4095 (RFC 8955, 4.1).
constexpr std::size_t kLongest = 4096;

/// The components of RFC 8955, 4.2.2 and RFC 8956, 3, by the names of ExaBGP.
constexpr std::array<std::string_view, 15> kComponents = {
    "destination",      "source",    "protocol",  "next-header", "port",          "source-port",
    "destination-port", "icmp-type", "icmp-code", "tcp-flags",   "packet-length", "dscp",
    "traffic-class",    "fragment",  "flow-label"};

class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  /// The next word, "{", "}", "[", "]" or ";"; empty at the end.
  std::string_view next() {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
    if (text_.empty()) return {};
    const bool single = is_mark(text_.front());
    const auto end =
        single
            ? 1
            : static_cast<std::size_t>(std::find_if(text_.begin(), text_.end(),
                                                    [](char c) { return c == ' ' || is_mark(c); }) -
                                       text_.begin());
    const std::string_view word = text_.substr(0, end);
    text_.remove_prefix(end);
    return word;
  }
  bool expect(std::string_view word) { return next() == word; }

 private:
  static bool is_mark(char c) { return c == '{' || c == '}' || c == ';' || c == '[' || c == ']'; }

  std::string_view text_;
};

bool is_value(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("=<>!&+-./:").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool read_match(Words& words, std::string_view key, FlowRule& rule) {
  if (std::find(kComponents.begin(), kComponents.end(), key) == kComponents.end()) return false;
  FlowMatch match{std::string(key), {}};
  for (std::string_view word = words.next(); word != ";"; word = words.next()) {
    if (word == "[" || word == "]") continue;
    if (word.empty() || !is_value(word)) return false;
    match.values.emplace_back(word);
  }
  if (match.values.empty()) return false;
  rule.matches.push_back(std::move(match));
  return true;
}

bool read_action(Words& words, FlowRule& rule) {
  rule.action = words.next();
  if (rule.action == "rate-limit") {
    rule.rate = words.next();
    const bool digits = !rule.rate.empty() && rule.rate.size() <= 18 &&
                        std::all_of(rule.rate.begin(), rule.rate.end(),
                                    [](unsigned char c) { return std::isdigit(c) != 0; });
    if (!digits) return false;
  } else if (rule.action != "discard") {
    return false;
  }
  return words.expect(";");
}

}  // namespace

std::optional<FlowRule> FlowRule::parse(std::string_view text) {
  if (text.size() > kLongest) return std::nullopt;
  Words words(text);
  FlowRule rule;
  if (!words.expect("flow") || !words.expect("route") || !words.expect("{") ||
      !words.expect("match") || !words.expect("{")) {
    return std::nullopt;
  }
  for (std::string_view key = words.next(); key != "}"; key = words.next()) {
    if (!read_match(words, key, rule)) return std::nullopt;
  }
  if (!words.expect("then") || !words.expect("{") || !read_action(words, rule) ||
      !words.expect("}") || !words.expect("}") || !words.next().empty()) {
    return std::nullopt;
  }
  return rule;
}

std::optional<IpPrefix> FlowRule::prefix(std::string_view key) const {
  for (const FlowMatch& match : matches) {
    if (match.key == key) return IpPrefix::parse(match.values.front());
  }
  return std::nullopt;
}

std::string FlowRule::text() const {
  std::string out = "flow route { match { ";
  for (const FlowMatch& match : matches) {
    out += match.key;
    if (match.values.size() > 1) out += " [";
    for (const std::string& value : match.values) out += " " + value;
    out += match.values.size() > 1 ? " ]; " : "; ";
  }
  out += "} then { " + action + (rate.empty() ? "" : " " + rate) + "; } }";
  return out;
}

}  // namespace floodgauge
