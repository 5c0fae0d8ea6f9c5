// Loads any bytes as a configuration. Every error must have a message, and settings must print as
// YAML that loads as the same settings.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/loader.h"
#include "config/printer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using floodgauge::parse_config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto result = parse_config(text, "input");
  if (result.settings.has_value() != result.errors.empty()) std::abort();
  for (const auto& error : result.errors) {
    if (error.message.empty()) std::abort();
  }
  if (!result.settings) return 0;
  const auto again = parse_config(floodgauge::print_config(*result.settings), "printed");
  if (!again.settings || *again.settings != *result.settings) std::abort();
  return 0;
}
