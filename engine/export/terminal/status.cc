#include "engine/export/terminal/status.h"

#include "engine/export/terminal/status_client.h"
#include "engine/export/terminal/top_data.h"

namespace floodgauge {

int run_status(const std::string& url, const std::string& format, std::FILE* out) {
  constexpr int kNotReachable = 3;
  try {
    const Url base = parse_url(url);
    if (format == "json") {
      std::fprintf(out, "%s\n", json_text(get_json(base, "/api/v1/status"), 2).c_str());
      return 0;
    }
    const TopData data = fetch_top(base);
    for (const std::string& line : render_top(data, {}, style_for(fileno(out), false), 0)) {
      std::fprintf(out, "%s\n", line.c_str());
    }
    return 0;
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kNotReachable;
  }
}

}  // namespace floodgauge
