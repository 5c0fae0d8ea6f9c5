// Reads any bytes as what an announcer tells. What is accepted is within the limits, and printable,
// because it ends up in logs, metrics and pages.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "engine/export/http/announced_board.h"

namespace {

void require_printable(const std::string& text) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e; })) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const floodgauge::ReadTelling read = floodgauge::read_telling(bytes);
  floodgauge::AnnouncedBoard board;
  if (board.tell(bytes) != read.wrong) std::abort();
  if (!read.wrong.empty()) return 0;
  const floodgauge::Telling& telling = read.telling;
  if (telling.rules.size() > floodgauge::kMostToldRules) std::abort();
  for (const floodgauge::AnnouncedRule& rule : telling.rules) {
    for (const std::string* text :
         {&rule.route, &rule.target, &rule.rule, &rule.incident, &rule.speaker}) {
      if (text->empty()) std::abort();
      require_printable(*text);
    }
    if (rule.efficacy && !(*rule.efficacy >= 0 && *rule.efficacy <= 1)) std::abort();
  }
  for (const auto& [incident, reason] : telling.held_back) require_printable(incident + reason);
  if (board.json()["rules"].size() != telling.rules.size()) std::abort();
  return 0;
}
