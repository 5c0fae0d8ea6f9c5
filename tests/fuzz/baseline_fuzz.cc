// Reads any bytes as a saved baseline. What is accepted must be written as text that is accepted
// with as many prefixes.
#include <string>
#include <string_view>

#include "detectors/baseline_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  floodgauge::LearntBaselines learnt;
  std::string error;
  if (!floodgauge::parse_baseline({reinterpret_cast<const char*>(data), size}, learnt, error))
    return 0;
  floodgauge::BaselineText text;
  for (const auto& [prefix, rates] : learnt) text.add(prefix, rates);
  floodgauge::LearntBaselines again;
  if (!floodgauge::parse_baseline(text.text(), again, error)) __builtin_trap();
  if (again.size() != learnt.size()) __builtin_trap();
  return 0;
}
