// Loads any bytes as a policy of the announcer. Every error must have a message, and a policy must
// never let a route touch every address.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto result = floodgauge::parse_policy(text, "input");
  if (result.policy.has_value() != result.errors.empty()) std::abort();
  for (const auto& error : result.errors) {
    if (error.message.empty()) std::abort();
  }
  if (!result.policy) return 0;
  const auto& prefixes = result.policy->allow.prefixes;
  const bool everything = std::any_of(prefixes.begin(), prefixes.end(),
                                      [](const auto& prefix) { return prefix.length == 0; });
  if (prefixes.empty() || everything) std::abort();
  return 0;
}
