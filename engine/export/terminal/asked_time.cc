#include "engine/export/terminal/asked_time.h"

#include <algorithm>
#include <chrono>

#include "config/quantity.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {

AskedTime asked_time(const std::string& option, const std::string& text) {
  if (text.empty()) return {};
  if (const auto time = parse_time(text)) return {time, ""};
  const auto span = parse_duration(text, "d");
  if (!span.value) {
    return {std::nullopt, option + " " + text +
                              ": write a time such as 2026-11-21T18:00:00Z, or how "
                              "long ago: 90m, 12h, 7d"};
  }
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return {Nanoseconds{std::max<std::int64_t>(now.count() - span.value->count, 0)}, ""};
}

}  // namespace floodgauge
