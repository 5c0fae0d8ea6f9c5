#include "engine/export/terminal/status.h"

#include <algorithm>

#include "engine/export/terminal/asking.h"
#include "engine/export/terminal/incident_view.h"
#include "engine/export/terminal/status_client.h"
#include "engine/export/terminal/top_data.h"
#include "engine/export/terminal/top_rows.h"

namespace floodgauge {
namespace {

/// More are counted and not named: `floodgauge incidents` has them all.
constexpr std::size_t kNamed = 20;

std::vector<std::string> open_incident_lines(const TopData& data, Zone zone,
                                             const TextStyle& style) {
  std::vector<const Json*> open;
  for (const Json& incident : data.incidents) {
    if (json_printable(incident, "state") == "open") open.push_back(&incident);
  }
  std::stable_sort(open.begin(), open.end(),
                   [](const Json* a, const Json* b) { return badness(*a) > badness(*b); });
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < open.size() && i < kNamed; ++i) {
    lines.emplace_back();
    for (std::string& line : brief_lines(*open[i], zone, style)) lines.push_back(std::move(line));
  }
  if (open.size() > kNamed) {
    lines.emplace_back();
    lines.push_back("and " + std::to_string(open.size() - kNamed) + " more: floodgauge incidents");
  }
  return lines;
}

/// The steps of the events that are not over.
std::vector<std::string> story_lines(const Url& daemon, Zone zone, const TextStyle& style) {
  Json stories;
  try {
    stories = get_json(daemon, "/api/v1/stories");
  } catch (const NotReachable&) {
    return {};  // an older daemon tells none
  }
  std::vector<std::string> lines;
  for (const Json& story : json_list(stories, "stories")) {
    if (!json_printable(story, "end").empty()) continue;
    lines.emplace_back();
    lines.emplace_back("what happened:");
    for (const Json& step : json_list(story, "steps")) {
      const std::string text =
          zoned(json_printable(step, "time"), zone) + "  " + json_printable(step, "what");
      for (const std::string& line : wrapped(text, style.width - 4)) {
        lines.push_back("    " + line);
      }
    }
  }
  return lines;
}

}  // namespace

int run_status(const AskOptions& options, std::FILE* out) {
  return run_asking([&] {
    std::vector<Url> urls;
    for (const std::string& url : options.urls) {
      urls.push_back(client_url(url, options.password_file));
    }
    if (options.format == "json") {
      std::fprintf(out, "%s\n", json_text(get_json(urls.front(), "/api/v1/status"), 2).c_str());
      return;
    }
    const TopData data = fetch_top(urls);
    for (const std::string& line : data.troubles) std::fprintf(stderr, "%s\n", line.c_str());
    const TextStyle style = style_for(fileno(out), false);
    std::vector<std::string> lines = render_top(data, {}, style, 0);
    for (std::string& line : open_incident_lines(data, zone_for(fileno(out), options.utc), style)) {
      lines.push_back(std::move(line));
    }
    for (const Url& url : urls) {
      if (!data.troubles.empty()) break;
      for (std::string& line : story_lines(url, zone_for(fileno(out), options.utc), style)) {
        lines.push_back(std::move(line));
      }
    }
    for (const std::string& line : lines) std::fprintf(out, "%s\n", line.c_str());
  });
}

}  // namespace floodgauge
