#include "engine/export/bgp/journal.h"

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "engine/base/replace_file.h"

namespace floodgauge {
namespace {

constexpr const char* kSchema = "floodgauge.announced/1";
constexpr std::uintmax_t kLargest = 64 << 20;

nlohmann::json to_json(const StandingRoute& standing) {
  nlohmann::json row = {{"route", standing.route.text()},
                        {"incident", standing.incident},
                        {"since", standing.since.count},
                        {"confirmed", standing.confirmed.count},
                        {"returns", standing.returns}};
  if (standing.promised_share) row["promised_share"] = *standing.promised_share;
  if (standing.flood_pps) row["flood_pps"] = *standing.flood_pps;
  if (standing.quiet_since) row["quiet_since"] = standing.quiet_since->count;
  return row;
}

StandingRoute from_json(const nlohmann::json& row) {
  const std::string text = row.at("route").get<std::string>();
  const std::optional<Route> route = Route::parse(text);
  if (!route) throw std::runtime_error("\"" + text + "\" is no route");
  StandingRoute standing{.route = *route,
                         .incident = row.at("incident").get<std::string>(),
                         .since = {row.at("since").get<std::int64_t>()},
                         .confirmed = {row.at("confirmed").get<std::int64_t>()},
                         .returns = row.at("returns").get<unsigned>()};
  if (row.contains("quiet_since")) {
    standing.quiet_since = Nanoseconds{row["quiet_since"].get<std::int64_t>()};
  }
  if (row.contains("promised_share")) {
    standing.promised_share = row["promised_share"].get<double>();
  }
  if (row.contains("flood_pps")) standing.flood_pps = row["flood_pps"].get<double>();
  return standing;
}

}  // namespace

Journal::Loaded Journal::load() const {
  Loaded loaded;
  std::error_code missing;
  const std::uintmax_t size = std::filesystem::file_size(path_, missing);
  if (missing == std::errc::no_such_file_or_directory) return loaded;
  try {
    if (missing) throw std::runtime_error(missing.message());
    if (size > kLargest) throw std::runtime_error("it is too large");
    std::ifstream file(path_);
    const nlohmann::json document = nlohmann::json::parse(file);
    if (document.at("schema") != kSchema) throw std::runtime_error("it has another schema");
    for (const nlohmann::json& row : document.at("routes")) {
      loaded.routes.push_back(from_json(row));
    }
  } catch (const std::exception& error) {
    loaded.routes.clear();
    loaded.wrong = path_ + ": " + error.what() + "; it was set aside as " + path_ + ".bad";
    std::error_code ignored;
    std::filesystem::rename(path_, path_ + ".bad", ignored);
  }
  return loaded;
}

std::string Journal::save(const std::vector<StandingRoute>& routes) const {
  nlohmann::json rows = nlohmann::json::array();
  for (const StandingRoute& standing : routes) rows.push_back(to_json(standing));
  const nlohmann::json document = {{"schema", kSchema}, {"routes", rows}};
  return replace_file(path_, document.dump(1) + "\n");
}

}  // namespace floodgauge
