#include "config/policy.h"

#include <algorithm>
#include <charconv>
#include <new>

#include "config/file_text.h"
#include "config/plain_text.h"
#include "config/values.h"

namespace floodgauge {
namespace {

constexpr std::int64_t kDay = 86'400'000;  // milliseconds
constexpr std::size_t kMostCommunities = 32;
constexpr std::array<std::string_view, 2> kPlaces = {"behind", "before"};
constexpr std::array<std::string_view, 3> kSpeakers = {"exabgp", "gobgp", "program"};

/// A list of texts. `valid` says whether one is right, `advice` what to write.
void read_texts(Reader& reader, const YamlNode& node, const KeyPath& path,
                bool (*valid)(const std::string&), const std::string& advice,
                std::vector<std::string>& out) {
  out.clear();
  const auto items = reader.items(node, path, "texts");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const KeyPath item_path{&path, "", i};
    const auto* text = reader.scalar(items[i], item_path, advice);
    if (!text) continue;
    if (!valid(*text)) {
      reader.error(items[i].position, item_path,
                   "\"" + printable(*text) + "\" cannot be used; write " + advice);
    } else {
      out.push_back(*text);
    }
  }
}

/// "65000:666", both numbers below 65536 (RFC 1997).
bool is_community(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return false;
  const auto is_half = [](std::string_view half) {
    return !half.empty() && half.size() <= 5 && parse_count(half).value_or(65536) <= 65535;
  };
  return is_half(std::string_view(text).substr(0, colon)) &&
         is_half(std::string_view(text).substr(colon + 1));
}

struct Communities {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<std::string>& out) {
    read_texts(reader, node, path, is_community, "a community like 65000:666", out);
    if (out.size() > kMostCommunities) {
      reader.error(node.position, path,
                   "has " + std::to_string(out.size()) + " communities; at most " +
                       std::to_string(kMostCommunities) + " are allowed");
    }
  }
  static void write(YamlWriter& writer, std::string_view key,
                    const std::vector<std::string>& value) {
    writer.list(key, value);
  }
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const std::vector<std::string>&) {
    rows.push_back({key, allowed(), ""});
  }
  static std::string allowed() { return "a list of communities like 65000:666"; }
};

struct Actions {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<RouteAction>& out) {
    std::vector<std::string> texts;
    const auto known = [](const std::string& text) {
      return std::find(kRouteActionNames.begin(), kRouteActionNames.end(), text) !=
             kRouteActionNames.end();
    };
    read_texts(reader, node, path, known, alternatives(kRouteActionNames), texts);
    out.clear();
    for (const std::string& text : texts) {
      out.push_back(static_cast<RouteAction>(
          std::find(kRouteActionNames.begin(), kRouteActionNames.end(), text) -
          kRouteActionNames.begin()));
    }
  }
  static void write(YamlWriter& writer, std::string_view key,
                    const std::vector<RouteAction>& value) {
    std::vector<std::string> texts;
    for (const RouteAction action : value) {
      texts.emplace_back(kRouteActionNames[static_cast<std::size_t>(action)]);
    }
    writer.list(key, texts);
  }
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const std::vector<RouteAction>&) {
    rows.push_back({key, allowed(), "all of them"});
  }
  static std::string allowed() { return "a list of " + alternatives(kRouteActionNames); }
};

/// The next hop of blackhole routes.
struct NextHop : ScalarKind<NextHop> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, std::string& out) {
    const auto* text = reader.scalar(node, path, allowed());
    if (!text) return;
    if (*text != "self" && !IpAddress::parse(*text)) {
      reader.error(node.position, path,
                   "\"" + printable(*text) + "\" is no address; write " + allowed());
      return;
    }
    out = *text;
  }
  static std::optional<std::string> text(const std::string& value) { return value; }
  static std::string allowed() { return "an address like 192.0.2.1, or self"; }
};

/// ADDRESS:PORT, where a server is asked for.
struct ServerAddress : ScalarKind<ServerAddress> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, std::string& out) {
    ListenAddress::read(reader, node, path, out);
  }
  static std::optional<std::string> text(const std::string& value) { return value; }
  static std::string allowed() { return "ADDRESS:PORT or [IPV6]:PORT"; }
};

constexpr auto kSpeakerFields = std::array{
    field<&SpeakerPolicy::type, Choice<kSpeakers>>("type", Presence::required),
    field<&SpeakerPolicy::address, ServerAddress>("address"),
    field<&SpeakerPolicy::program, FilePath>("program"),
};

constexpr auto kAllowFields = std::array{
    field<&AllowPolicy::prefixes, Prefixes>("prefixes", Presence::required),
    field<&AllowPolicy::narrowest_v4, Count<1, 32>>("narrowest_v4"),
    field<&AllowPolicy::narrowest_v6, Count<1, 128>>("narrowest_v6"),
    field<&AllowPolicy::actions, Actions>("actions"),
};

constexpr auto kBudgetFields = std::array{
    field<&BudgetPolicy::rules, Count<1, 10000>>("rules"),
    field<&BudgetPolicy::per_minute, Count<1, 10000>>("per_minute"),
};

constexpr auto kWhenFields = std::array{
    field<&WhenPolicy::severity, Choice<kPolicySeverityNames>>("severity"),
    field<&WhenPolicy::flood_share, Decimal<0, 1000>>("flood_share"),
    field<&WhenPolicy::answered_share, Decimal<0, 1000>>("answered_share"),
    field<&WhenPolicy::approve, Flag>("approve"),
};

constexpr auto kRoutesFields = std::array{
    field<&RoutesPolicy::communities, Communities>("communities"),
    field<&RoutesPolicy::next_hop, NextHop>("next_hop"),
    field<&RoutesPolicy::blackhole_length_v4, Count<8, 32>>("blackhole_length_v4"),
    field<&RoutesPolicy::blackhole_length_v6, Count<16, 128>>("blackhole_length_v6"),
};

constexpr auto kTimeFields = std::array{
    field<&TimePolicy::to_live, Duration<1000, 7 * kDay>>("to_live"),
    field<&TimePolicy::after_quiet, Duration<0, kDay>>("after_quiet"),
    field<&TimePolicy::probe, Duration<1000, 7 * kDay>>("probe"),
};

constexpr auto kEfficacyFields = std::array{
    field<&EfficacyPolicy::sensor, Choice<kPlaces>>("sensor"),
    field<&EfficacyPolicy::judge_after, Duration<10'000, 3'600'000>>("judge_after"),
    field<&EfficacyPolicy::least, Decimal<0, 1000>>("least"),
};

constexpr auto kPolicyFields = std::array{
    field<&Policy::speaker, Section<kSpeakerFields>>("speaker", Presence::required),
    field<&Policy::dry_run, Flag>("dry_run"),
    field<&Policy::allow, Section<kAllowFields>>("allow", Presence::required),
    field<&Policy::budget, Section<kBudgetFields>>("budget"),
    field<&Policy::when, Section<kWhenFields>>("when"),
    field<&Policy::routes, Section<kRoutesFields>>("routes"),
    field<&Policy::time, Section<kTimeFields>>("time"),
    field<&Policy::efficacy, Section<kEfficacyFields>>("efficacy"),
    field<&Policy::never, Prefixes>("never"),
    field<&Policy::state, FilePath>("state"),
};

/// Keys that are wrong only together.
void check_together(Reader& reader, const YamlNode& root, const Policy& policy) {
  const auto error = [&](const char* key, std::string message) {
    reader.error(root.position, std::string(key), std::move(message));
  };
  if (policy.allow.prefixes.empty()) {
    error("allow.prefixes",
          "is empty, so that nothing could ever be announced; write the "
          "prefixes that may be touched");
  }
  for (const IpPrefix& prefix : policy.allow.prefixes) {
    if (prefix.length == 0) {
      error("allow.prefixes", prefix.text() + " is every address; write your own prefixes");
    }
  }
  if (policy.speaker.type == SpeakerType::program && policy.speaker.program.empty()) {
    error("speaker.program", "is missing; with type: program, write the path of the program");
  }
  if (policy.speaker.type == SpeakerType::gobgp && policy.speaker.address.empty()) {
    error("speaker.address", "is none; write the address of gobgpd, such as 127.0.0.1:50051");
  }
  if (policy.time.probe > policy.time.to_live) {
    error("time.probe", "is longer than time.to_live; write a shorter one");
  }
}

PolicyResult failed(const std::string& file, TextPosition position, std::string message) {
  PolicyResult result;
  result.errors.push_back({file, position.line, position.column, "", std::move(message)});
  return result;
}

}  // namespace

PolicyResult parse_policy(std::string_view yaml, std::string_view file_name) {
  const std::string file(file_name);
  try {
    auto document = read_yaml(yaml);
    if (const auto* fault = std::get_if<YamlFault>(&document)) {
      return failed(file, fault->position, fault->message);
    }
    Reader reader(file);
    Policy policy;
    const YamlNode& root = std::get<YamlNode>(document);
    read_fields(reader, root, KeyPath{}, kPolicyFields, policy);
    if (!reader.has_errors()) check_together(reader, root, policy);
    PolicyResult result;
    result.errors = reader.take_errors();
    if (policy.state.empty()) policy.state = file + ".state";
    if (result.errors.empty()) result.policy = std::move(policy);
    return result;
  } catch (const std::bad_alloc&) {
    return failed(file, {}, "needs more memory than there is; write less");
  }
}

PolicyResult load_policy(const std::string& path) {
  std::string text;
  std::string wrong = read_file_text(path, YamlLimits{}.file_bytes, text);
  return wrong.empty() ? parse_policy(text, path) : failed(path, {}, std::move(wrong));
}

std::vector<KeyDescription> describe_policy() {
  std::vector<KeyDescription> rows;
  describe_fields(rows, "", kPolicyFields, Policy{});
  return rows;
}

}  // namespace floodgauge
