#include "engine/export/terminal/zone.h"

#include <array>
#include <ctime>

#include <unistd.h>

#include "engine/export/report/text_style.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {

Zone zone_for(int fd, bool utc) {
  return utc || isatty(fd) != 1 ? Zone::utc : Zone::local;
}

std::string zoned(Nanoseconds time, Zone zone) {
  if (zone == Zone::utc) return date_and_time(time) + " UTC";
  const auto seconds = static_cast<std::time_t>(time.count / whole_seconds(1).count);
  std::tm parts{};
  std::array<char, 64> text{};
  if (localtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %Z", &parts) == 0) {
    return date_and_time(time) + " UTC";
  }
  return text.data();
}

std::string zoned(const std::string& rfc3339_text, Zone zone) {
  const auto time = parse_time(rfc3339_text);
  return time ? zoned(*time, zone) : terminal_safe(rfc3339_text);
}

}  // namespace floodgauge
