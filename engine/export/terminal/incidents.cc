#include "engine/export/terminal/incidents.h"

#include <array>
#include <stdexcept>
#include <vector>

#include "engine/export/history/history_reader.h"
#include "engine/export/report/time_text.h"
#include "engine/export/terminal/asked_time.h"
#include "engine/export/terminal/asking.h"
#include "engine/export/terminal/incident_view.h"
#include "engine/export/terminal/shared_incident.h"
#include "engine/export/terminal/status_client.h"
#include "engine/export/terminal/top_rows.h"

namespace floodgauge {
namespace {

constexpr std::size_t kPage = 1000;
/// More are not printed at once.
constexpr std::size_t kMost = 100'000;

constexpr std::array kTextColumns = {"id",     "kind", "state", "severity", "target", "direction",
                                     "prefix", "name", "start", "detected", "end"};
constexpr std::array kNumberColumns = {"peak_pps", "peak_bps", "packets", "bytes",
                                       "sources_estimate"};

/// RFC 4180. A text that a spreadsheet would take for a formula gets a leading apostrophe.
std::string csv_cell(std::string text) {
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    text.insert(0, 1, '\'');
  }
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_line(const Json& incident) {
  std::string line;
  for (const char* column : kTextColumns) line += csv_cell(json_printable(incident, column)) + ",";
  for (const char* column : kNumberColumns) {
    const auto value = incident.find(column);
    line += (value != incident.end() && value->is_number() ? json_text(*value) : "0") + ",";
  }
  std::string vectors;
  for (const Json& vector : json_list(incident, "vectors")) {
    vectors += (vectors.empty() ? "" : " ") + json_printable(vector, "name");
  }
  const Json& sources = json_list(incident, "top_sources");
  return line + csv_cell(vectors) + "," +
         csv_cell(sources.empty() ? "" : json_printable(sources.front(), "value"));
}

std::optional<Nanoseconds> since_of(const std::string& text) {
  const AskedTime asked = asked_time("--since", text);
  if (!asked.problem.empty()) throw UsageError(asked.problem);
  return asked.time;
}

Json from_row(const HistoryRow& row) {
  Json json = Json::parse(row.json, nullptr, false);
  if (!json.is_object()) json = Json{{"id", row.id}, {"note", "its record cannot be read"}};
  json["number"] = row.number;
  return json;
}

Json list_from_file(const IncidentsOptions& options) {
  HistoryReader reader(options.history);
  Json list = Json::array();
  IncidentQuery query{.since = since_of(options.since), .limit = kMost};
  for (const HistoryRow& row : reader.incidents(query)) list.push_back(from_row(row));
  return list;
}

Json list_from_daemon(const IncidentsOptions& options, const Url& url) {
  std::string filter;
  if (const auto since = since_of(options.since)) filter = "&since=" + rfc3339(*since);
  Json list = Json::array();
  std::string after;
  while (list.size() < kMost) {
    const Json page = get_json(url, "/api/v1/incidents?limit=" + std::to_string(kPage) + filter +
                                        (after.empty() ? "" : "&after=" + after));
    for (const Json& incident : json_list(page, "incidents")) list.push_back(incident);
    const std::string trouble = json_printable(page, "history_error");
    if (!trouble.empty() && after.empty()) std::fprintf(stderr, "%s\n", trouble.c_str());
    after = json_printable(page, "next");
    if (after.empty()) break;
  }
  return list;
}

/// Throws UsageError when nobody knows the id.
Json one_from_file(const IncidentsOptions& options) {
  const auto row = HistoryReader(options.history).incident(options.id);
  if (!row) throw UsageError("no incident " + options.id + " is in " + options.history);
  return from_row(*row);
}

Json one_from_daemon(const IncidentsOptions& options, const Url& url) {
  const bool sound = options.id.find_first_not_of(
                         "0123456789abcdefghijklmnopqrstuvwxyz"
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:") == std::string::npos;
  const std::string path = "/api/v1/incidents/" + options.id;
  const HttpReply reply = sound ? http_get(url, path) : HttpReply{.status = 404, .body = ""};
  if (reply.status == 404) throw UsageError("no incident " + options.id + " is remembered");
  return json_of(url, reply);
}

bool is_flood(const Json& incident) {
  return json_printable(incident, "kind") == "flood";
}

bool is_for_others(const IncidentsOptions& options) {
  return options.format == "fingerprint" || options.format == "misp";
}

/// Prints the floods of a list; other incidents are left out.
void print_for_others(const Json& list, const IncidentsOptions& options, std::FILE* out) {
  const bool misp = options.format == "misp";
  Json all = Json::array();
  for (const Json& incident : list) {
    if (is_flood(incident))
      all.push_back(misp ? misp_event_of(incident) : fingerprint_of(incident));
  }
  std::fprintf(out, "%s\n", json_text(misp ? Json{{"response", all}} : all, 2).c_str());
}

void print_one_for_others(const Json& incident, const IncidentsOptions& options, std::FILE* out) {
  if (!is_flood(incident)) {
    throw UsageError(options.id + " is no flood (" + json_printable(incident, "kind") +
                     "): fingerprints and events of MISP are made of floods");
  }
  const Json shared = options.format == "misp" ? misp_event_of(incident) : fingerprint_of(incident);
  std::fprintf(out, "%s\n", json_text(shared, 2).c_str());
}

void print_list(const Json& list, const IncidentsOptions& options, std::FILE* out) {
  if (is_for_others(options)) return print_for_others(list, options, out);
  if (options.format == "json") {
    std::fprintf(out, "%s\n", json_text({{"incidents", list}}, 2).c_str());
    return;
  }
  if (options.format == "csv") {
    std::fprintf(out, "%s\r\n", csv_header().c_str());
    for (const Json& incident : list) std::fprintf(out, "%s\r\n", csv_line(incident).c_str());
    return;
  }
  const TextStyle style = style_for(fileno(out), false);
  const Zone zone = zone_for(fileno(out), options.utc);
  for (const Json& incident : list) {
    for (const std::string& line : brief_lines(incident, zone, style)) {
      std::fprintf(out, "%s\n", line.c_str());
    }
    std::fprintf(out, "\n");
  }
  std::size_t open = 0;
  for (const Json& incident : list) open += json_printable(incident, "state") == "open" ? 1 : 0;
  std::fprintf(out, "%zu %s, %zu open\n", list.size(), list.size() == 1 ? "incident" : "incidents",
               open);
}

void print_one(const Json& incident, const IncidentsOptions& options, std::FILE* out) {
  if (is_for_others(options)) return print_one_for_others(incident, options, out);
  if (options.format == "json") {
    std::fprintf(out, "%s\n", json_text(incident, 2).c_str());
  } else if (options.format == "csv") {
    std::fprintf(out, "%s\r\n%s\r\n", csv_header().c_str(), csv_line(incident).c_str());
  } else {
    const TextStyle style = style_for(fileno(out), false);
    for (const std::string& line :
         detail_lines(incident, zone_for(fileno(out), options.utc), style)) {
      std::fprintf(out, "%s\n", line.c_str());
    }
  }
}

}  // namespace

std::string csv_header() {
  std::string line;
  for (const char* column : kTextColumns) line += std::string(column) + ",";
  for (const char* column : kNumberColumns) line += std::string(column) + ",";
  return line + "vectors,top_source";
}

std::string csv_line(const std::string& incident_json) {
  return csv_line(Json::parse(incident_json, nullptr, false));
}

int run_incidents(const IncidentsOptions& options, std::FILE* out) {
  return run_asking([&] {
    const bool file = !options.history.empty();
    const Url url = file ? Url{} : client_url(options.url, options.password_file);
    if (options.id.empty()) {
      print_list(file ? list_from_file(options) : list_from_daemon(options, url), options, out);
    } else {
      print_one(file ? one_from_file(options) : one_from_daemon(options, url), options, out);
    }
  });
}

}  // namespace floodgauge
