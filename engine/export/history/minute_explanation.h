// Why a target was, or was not, called a flood at a time that is over: from what the history keeps,
// which is less than what the detectors saw.
#pragma once

#include <optional>
#include <string>

#include "config/settings.h"
#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/export/history/history_reader.h"
#include "engine/export/report/incident_json.h"

namespace floodgauge {

struct PastQuestion {
  IpPrefix target;
  IpPrefix prefix;  ///< the protected prefix that the target lies in
  std::string name;
  std::string profile;
  const Profile& limits;
  std::string limits_from;  ///< whose limits these are, for people
  Nanoseconds at;
};

/// Throws HistoryError.
Json minute_explanation(HistoryReader& reader, const PastQuestion& question);

/// The minute that is kept in which the target, or any host of the prefix where the target is one,
/// came nearest to a limit; nothing when none is kept. Reads a day at a time, and at most a year.
std::optional<Nanoseconds> nearest_minute(HistoryReader& reader, const PastQuestion& question);

}  // namespace floodgauge
