// What pipeline_bench is asked to measure.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace floodgauge::bench {

using Json = nlohmann::ordered_json;

struct Options {
  std::uint64_t packets = 2'000'000;  ///< a measurement
  unsigned runs = 3;                  ///< the least of them counts
  bool growth = true;
  bool merge_only = false;
  bool sizes_only = false;
  bool turns_only = false;
  std::uint32_t most_flows = 10'000'000;
  std::string mix;          ///< only this mix; empty: everything
  std::uint32_t flows = 0;  ///< of this mix; 0: the table's own
  std::uint32_t hosts = 0;
  std::uint32_t prefixes = 0;
  std::string json;  ///< file to write the report to; empty: none
};

/// "10 M", "50 k", "256".
std::string grouped(std::uint32_t n);

}  // namespace floodgauge::bench
