// `floodgauge incidents`: open and closed incidents of a running daemon, or of a history file.
#pragma once

#include <cstdio>
#include <string>

namespace floodgauge {

struct IncidentsOptions {
  std::string id;  ///< one incident, or empty for a list
  std::string url;
  std::string password_file;
  std::string history;  ///< path; not empty: the file is read, and no daemon is asked
  std::string since;    ///< a duration before now, or RFC 3339; empty: all
  std::string format = "text";
  bool utc = false;
};

/// Writes to `out`. Returns 0; 2 for an unknown id or a malformed `since`; 3, with the reason on
/// standard error, when the daemon does not answer or the file cannot be read.
int run_incidents(const IncidentsOptions& options, std::FILE* out);

/// A line of CSV (RFC 4180) for an incident, without its end. `csv_header()` names the columns.
std::string csv_line(const std::string& incident_json);
std::string csv_header();

}  // namespace floodgauge
