#include "engine/export/terminal/explain.h"

#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>

#include "engine/export/history/minute_explanation.h"
#include "engine/export/report/explanation_json.h"
#include "engine/export/report/time_text.h"
#include "engine/export/terminal/asked_time.h"
#include "engine/export/terminal/asking.h"
#include "engine/export/terminal/explain_view.h"
#include "engine/export/terminal/status_client.h"
#include "engine/export/terminal/top_rows.h"

namespace floodgauge {
namespace {

std::string query_encoded(const std::string& text) {
  constexpr std::string_view kPlain =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.~";
  std::string encoded;
  for (const char c : text) {
    char code[4] = {c, 0, 0, 0};
    if (kPlain.find(c) == std::string_view::npos) {
      std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
    }
    encoded += code;
  }
  return encoded;
}

std::optional<Nanoseconds> at_of(const ExplainOptions& options) {
  const AskedTime asked = asked_time("--at", options.at);
  if (!asked.problem.empty()) throw UsageError(asked.problem);
  return asked.time;
}

Json from_daemon(const ExplainOptions& options) {
  const Url url = client_url(options.url, options.password_file);
  std::string path = "/api/v1/explain?target=" + query_encoded(options.target);
  if (const auto at = at_of(options)) path += "&at=" + query_encoded(rfc3339(*at));
  const HttpReply reply = http_get(url, path);
  if (reply.status == 404 || reply.status == 400) {
    const Json json = Json::parse(reply.body, nullptr, false);
    const std::string what = json.is_object() ? json_printable(json, "error") : "";
    throw UsageError(what.empty() ? "this daemon explains nothing: it is an older one" : what);
  }
  return json_of(url, reply);
}

/// The prefixes of the history that the target means: the narrowest around an address, the prefix
/// itself, or those of a name.
std::map<IpPrefix, IpPrefix> prefixes_of(const ExplainOptions& options, HistoryReader& reader,
                                         std::map<IpPrefix, std::string>& names) {
  const auto target = IpPrefix::parse(options.target);
  std::map<IpPrefix, IpPrefix> found;  // by target
  for (const auto& [text, name] : reader.prefixes()) {
    const auto prefix = IpPrefix::parse(text);
    if (!prefix) continue;
    names[*prefix] = name;
    if (!target) {
      if (name == options.target && found.size() < AskedTargets::kMost) found[*prefix] = *prefix;
    } else if (prefix->contains(target->address) && prefix->length <= target->length) {
      const auto known = found.find(*target);
      if (known == found.end() || known->second.length < prefix->length) found[*target] = *prefix;
    }
  }
  return found;
}

std::string profile_of(const Settings& settings, const IpPrefix& prefix) {
  for (const ProtectEntry& entry : settings.protect) {
    for (const IpPrefix& one : entry.prefixes) {
      if (one == prefix && settings.profiles.contains(entry.profile)) return entry.profile;
    }
  }
  return "default";
}

Json from_file(const ExplainOptions& options) {
  HistoryReader reader(options.history);
  const auto at = at_of(options);
  std::map<IpPrefix, std::string> names;
  const auto targets = prefixes_of(options, reader, names);
  if (targets.empty()) {
    throw UsageError(options.target + " lies in no prefix that " + options.history + " has");
  }
  Json list = Json::array();
  for (const auto& [target, prefix] : targets) {
    const std::string profile = profile_of(options.settings, prefix);
    PastQuestion question{.target = target,
                          .prefix = prefix,
                          .name = names[prefix],
                          .profile = profile,
                          .limits = options.settings.profiles.at(profile),
                          .limits_from = options.limits_from,
                          .at = at.value_or(Nanoseconds{INT64_MAX})};
    if (!at) {
      const auto nearest = nearest_minute(reader, question);
      if (!nearest) {
        throw UsageError(options.target + " is not the busiest host of any minute in " +
                         options.history + ": ask for its prefix, or for a time with --at");
      }
      question.at = *nearest;
    }
    list.push_back(minute_explanation(reader, question));
  }
  return {{"schema", kExplainSchema}, {"asked", options.target}, {"targets", list}, {"more", 0}};
}

}  // namespace

int run_explain(const ExplainOptions& options, std::FILE* out) {
  return run_asking([&] {
    const Json answer = options.history.empty() ? from_daemon(options) : from_file(options);
    if (options.format == "json") {
      std::fprintf(out, "%s\n", json_text(answer, 2).c_str());
      return;
    }
    TextStyle style = style_for(fileno(out), options.verbose);
    const Zone zone = zone_for(fileno(out), options.utc);
    for (const std::string& line : explain_lines(answer, zone, style)) {
      std::fprintf(out, "%s\n", line.c_str());
    }
  });
}

}  // namespace floodgauge
