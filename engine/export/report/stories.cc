#include "engine/export/report/stories.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "engine/base/number_text.h"
#include "engine/export/report/incident_text.h"
#include "engine/export/report/text_style.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

constexpr Nanoseconds kFollows = whole_seconds(60);
/// Only so many of the latest incidents are looked at, and so many servers named in a step.
constexpr std::size_t kMostIncidents = 2000;
constexpr std::size_t kServersNamed = 4;
/// Steps of the same service within this time are one step of several servers.
constexpr Nanoseconds kSameMoment = milliseconds(1500);

using Incidents = std::vector<const Incident*>;

bool is_of_link(const Incident& incident) {
  return incident.target.length == 0;
}

Nanoseconds end_of(const Incident& incident, Nanoseconds now) {
  return incident.open || !incident.end ? std::max(now, incident.start) : *incident.end;
}

bool belong_together(const Incident& a, const Incident& b, Nanoseconds now) {
  const bool caused = a.cause == b.id || b.cause == a.id;
  const bool near = is_of_link(a) || is_of_link(b) || a.prefix == b.prefix || caused;
  if (!near) return false;
  return a.start <= end_of(b, now) + kFollows && b.start <= end_of(a, now) + kFollows;
}

/// Several floods and nothing else are an attack, not yet a story of what it did; they belong too.
std::vector<Incidents> events_of(const Incidents& all, Nanoseconds now) {
  std::vector<std::size_t> leader(all.size());
  std::iota(leader.begin(), leader.end(), std::size_t{0});
  const auto find = [&](std::size_t i) {
    while (leader[i] != i) i = leader[i] = leader[leader[i]];
    return i;
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (belong_together(*all[i], *all[j], now)) leader[find(j)] = find(i);
    }
  }
  std::map<std::size_t, Incidents> events;
  for (std::size_t i = 0; i < all.size(); ++i) events[find(i)].push_back(all[i]);
  std::vector<Incidents> found;
  for (auto& [first, incidents] : events) {
    if (incidents.size() >= 2) found.push_back(std::move(incidents));
  }
  return found;
}

/// What happened to one server, before steps of several servers are joined.
struct Moment {
  Nanoseconds time;
  std::string service;  ///< empty for what has no servers
  Condition condition = Condition::normal;
  std::string what;  ///< of what has no servers; otherwise what follows the servers
  IpAddress server;
  std::string incident;
};

std::string seconds_text(double seconds) {
  return duration(Nanoseconds{static_cast<std::int64_t>(std::llround(seconds * 1e9))});
}

std::string dark_text(Dark dark) {
  switch (dark) {
    case Dark::in:
      return "nothing comes in";
    case Dark::out:
      return "nothing goes out";
    case Dark::both:
      return "nothing comes in or goes out";
  }
  return "";
}

std::string place_of(const Incident& incident) {
  if (is_of_link(incident)) return "the link";
  const bool host = incident.target == IpPrefix::host(incident.target.address);
  return host ? incident.target.address.text() : incident.target.text();
}

/// "SYN flood on 198.51.100.7"; of a flood out the target is who sends.
std::string flood_text(const Incident& incident) {
  const char* const of = incident.direction == Direction::out ? " from " : " on ";
  return what_it_is(incident) + of + place_of(incident);
}

void tell_server(const Incident& incident, const ServerImpact& server,
                 std::vector<Moment>& moments) {
  Moment moment;
  moment.service = incident.impact->service;
  moment.server = server.address;
  moment.incident = incident.id;
  for (const ConditionChange& change : server.changes) {
    // What was called silent before its late answers came was slow.
    moment.condition = std::min(change.condition, server.condition);
    if (!moments.empty() && moments.back().server == server.address &&
        moments.back().incident == incident.id && moments.back().condition == moment.condition) {
      continue;
    }
    moment.time = change.time;
    moment.what = name(moment.condition);
    const auto response =
        change.response_seconds ? change.response_seconds : server.response_seconds_worst;
    if (moment.condition == Condition::slow && response && server.response_seconds_before &&
        *response > *server.response_seconds_before) {
      moment.what += ": answers take " + seconds_text(*response) + " (" +
                     seconds_text(*server.response_seconds_before) + " before)";
    }
    moments.push_back(moment);
  }
  if (!server.end) return;
  moment.time = *server.end;
  moment.condition = Condition::normal;
  moment.what =
      "answers as usual again (" + seconds_text((*server.end - server.start).seconds()) + ")";
  moments.push_back(moment);
}

void tell(const Incident& incident, std::vector<Moment>& moments) {
  Moment moment;
  moment.incident = incident.id;
  moment.time = incident.start;
  switch (incident.kind) {
    case IncidentKind::flood:
      moment.what = flood_text(incident) + ", " + scaled(incident.peak_pps, "pps");
      if (incident.direction == Direction::in) {
        moment.what += ", " + counted(incident.sources_estimate, "source");
      }
      break;
    case IncidentKind::impact:
      // Of a server whose impact became part of the prefix's, that one tells.
      if (!incident.impact || !incident.impact->merged_into.empty()) return;
      for (const ServerImpact& server : incident.impact->servers) {
        tell_server(incident, server, moments);
      }
      return;
    case IncidentKind::blackout:
      moment.what =
          dark_text(incident.dark.value_or(Dark::both)) + ": blackout of " + place_of(incident);
      break;
    case IncidentKind::saturation:
      moment.what = "the link is full, " + scaled(incident.peak_bps, "bit/s");
      break;
  }
  moments.push_back(moment);
  if (incident.open || !incident.end) return;
  moment.time = *incident.end;
  switch (incident.kind) {
    case IncidentKind::flood:
      moment.what = flood_text(incident) + " is over";
      break;
    case IncidentKind::blackout:
      moment.what = "traffic of " + place_of(incident) + " is back";
      break;
    default:
      moment.what = "the link is no longer full";
      break;
  }
  moments.push_back(moment);
}

/// "198.51.100.53 and .54": later IPv4 servers of the same /24 by their last octet.
std::string servers_text(std::vector<IpAddress> servers) {
  std::sort(servers.begin(), servers.end());
  std::string text;
  const std::size_t named = std::min(servers.size(), kServersNamed);
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += i + 1 == servers.size() ? " and " : ", ";
    const bool same = i > 0 && servers[i].is_v4() && servers[0].is_v4() &&
                      servers[i].v4() >> 8 == servers[0].v4() >> 8;
    text += same ? "." + std::to_string(servers[i].v4() & 0xff) : servers[i].text();
  }
  if (servers.size() > named) text += " and " + counted(servers.size() - named, "other server");
  return text;
}

std::vector<StoryStep> steps_of(const Incidents& incidents) {
  std::vector<Moment> moments;
  for (const Incident* incident : incidents) tell(*incident, moments);
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.time < b.time; });
  std::vector<StoryStep> steps;
  std::vector<bool> told(moments.size());
  for (std::size_t i = 0; i < moments.size(); ++i) {
    if (told[i]) continue;
    const Moment& first = moments[i];
    if (first.service.empty()) {
      steps.push_back({first.time, first.what, first.incident});
      continue;
    }
    std::vector<IpAddress> servers = {first.server};
    for (std::size_t j = i + 1; j < moments.size(); ++j) {
      const Moment& other = moments[j];
      if (other.time - first.time > kSameMoment) break;
      if (told[j] || other.service != first.service || other.condition != first.condition) continue;
      told[j] = true;
      servers.push_back(other.server);
    }
    steps.push_back({first.time, first.service + " on " + servers_text(servers) + " " + first.what,
                     first.incident});
  }
  return steps;
}

std::string lost_text(const Incidents& incidents) {
  struct Lost {
    double seconds = 0;
    std::uint64_t requests = 0;
  };
  std::map<std::string, Lost> lost;
  for (const Incident* incident : incidents) {
    if (!incident->impact || !incident->impact->merged_into.empty()) continue;
    Lost& of = lost[incident->impact->service];
    of.seconds = std::max(of.seconds, incident->impact->lost_seconds);
    of.requests += incident->impact->lost_requests();
  }
  std::string text;
  for (const auto& [service, of] : lost) {
    text += (text.empty() ? "" : "; ") + service + " " + seconds_text(of.seconds) + ", " +
            magnitude(static_cast<double>(of.requests)) + " requests";
  }
  return text;
}

Story story_of(const Incidents& incidents) {
  Story story;
  story.id = incidents.front()->id;
  story.start = incidents.front()->start;
  story.prefix = incidents.front()->prefix;
  bool open = false;
  Nanoseconds end;
  for (const Incident* incident : incidents) {
    story.incidents.push_back(incident->id);
    if (incident->prefix != story.prefix) story.prefix = *IpPrefix::parse("0.0.0.0/0");
    open = open || incident->open;
    end = std::max(end, incident->end.value_or(incident->start));
  }
  if (!open) story.end = end;
  story.steps = steps_of(incidents);
  story.lost = lost_text(incidents);
  return story;
}

}  // namespace

std::vector<Story> stories_of(const EngineSnapshot& snapshot) {
  Incidents all;
  for (const auto& incident : snapshot.incidents) all.push_back(incident.get());
  std::stable_sort(all.begin(), all.end(), [](const Incident* a, const Incident* b) {
    return std::tie(a->start, a->target, a->id) < std::tie(b->start, b->target, b->id);
  });
  if (all.size() > kMostIncidents) {
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(kMostIncidents));
  }
  std::vector<Story> stories;
  for (const Incidents& event : events_of(all, snapshot.now)) stories.push_back(story_of(event));
  return stories;
}

Json stories_json(const EngineSnapshot& snapshot) {
  Json list = Json::array();
  for (const Story& story : stories_of(snapshot)) {
    Json steps = Json::array();
    for (const StoryStep& step : story.steps) {
      steps.push_back(
          {{"time", rfc3339(step.time)}, {"what", step.what}, {"incident", step.incident}});
    }
    list.push_back({{"id", story.id},
                    {"start", rfc3339(story.start)},
                    {"end", story.end ? Json(rfc3339(*story.end)) : Json(nullptr)},
                    {"prefix", story.prefix.text()},
                    {"incidents", story.incidents},
                    {"steps", std::move(steps)},
                    {"lost", story.lost}});
  }
  return list;
}

}  // namespace floodgauge
