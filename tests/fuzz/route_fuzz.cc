// Reads any bytes as a route's text, which the announcer finds in its journal, and as the answer of
// a sensor's API. A route that was written must be read again as the same route. Its text must hold
// no character that could begin another command.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "engine/app/open_floods.h"
#include "engine/export/bgp/route.h"
#include "engine/export/bgp/speaker.h"

namespace {

void check_route(const std::string& text) {
  const auto route = floodgauge::Route::parse(text);
  if (!route) return;
  const std::string written = route->text();
  using namespace std::string_view_literals;
  // A match may hold operators, such as ">=100&<=200"; a blackhole route holds none.
  if (written.find_first_of("\n\r\0`$\"'|"sv) != std::string::npos) std::abort();
  if (!route->is_flowspec() && written.find_first_of("<>&"sv) != std::string::npos) std::abort();
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
