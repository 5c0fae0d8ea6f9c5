// GET /api/v1/rates: the rates of each minute or hour that the history has.
#pragma once

#include <string>

#include "engine/export/history/history_reader.h"
#include "engine/export/http/http_message.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// Query: prefix (absent: all together), from and to (RFC 3339; default: the last hour), step
/// (minute or hour; default: minute up to a day, else hour), points (how many rows a chart has use
/// for: neighbouring steps are merged into about as many at most). At most kMostRates steps.
HttpResponse rates_answer(const HttpRequest& request, const EngineSnapshot& snapshot,
                          const std::string& history);

inline constexpr std::size_t kMostRates = 21'600;  // 15 days of minutes, two years of hours

}  // namespace floodgauge
