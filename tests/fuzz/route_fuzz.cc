// What the announcer reads of a sensor and of its journal, from any bytes: a route's text, and the
// API's answer. A route must be read again as the same, and its commands must hold no character
// that begins another command.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "engine/app/open_floods.h"
#include "engine/export/bgp/route.h"
#include "engine/export/bgp/speaker.h"

namespace {

void check_route(const std::string& text) {
  const auto route = floodgauge::Route::parse(text);
  if (!route) return;
  const std::string written = route->text();
  if (written.find_first_of("\n\r\0`$\"'|<&", 0) != std::string::npos && !route->is_flowspec()) {
    std::abort();
  }
  if (written.find_first_of("\n\r`$\"'|") != std::string::npos) std::abort();
  const auto again = floodgauge::Route::parse(written);
  if (!again || again->text() != written || again->target != route->target) std::abort();
  for (const char* verb : {"add", "del"}) {
    for (const std::string& word : floodgauge::gobgp_arguments(*route, verb)) {
      if (word.empty()) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_route(text);
  const auto document = nlohmann::ordered_json::parse(text, nullptr, false);
  if (document.is_discarded()) return 0;
  for (const auto& flood : floodgauge::open_floods(document)) {
    for (const auto& rule : flood.rules) check_route(rule.flowspec);
  }
  return 0;
}
