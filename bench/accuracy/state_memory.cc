// Prints the memory of all detection state of one worker, by kind, with default capacities:
// allocated bytes, whether resident or not. The output is one JSON object, which bench/accuracy
// reads.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "config/settings.h"
#include "engine/count/counter.h"
#include "engine/count/worker_window.h"

namespace {

using namespace floodgauge;

/// Each worker has two windows: it fills one while the other is merged.
constexpr std::size_t kWindows = 2;

nlohmann::ordered_json by_kind(const Settings& settings) {
  const CounterSettings counting{
      .flows = settings.engine.flows, .hosts = settings.engine.hosts, .key = key_from_seed(1)};
  const Counter counter(counting);
  const WorkerWindow window(WindowCapacity{.hosts = settings.engine.hosts});
  const std::size_t flows = counter.flows().memory_bytes();
  const std::size_t details = window.details.bytes();
  const std::size_t log = window.log.bytes();
  const std::size_t hosts = window.hosts.bytes() + window.more_cells.memory_bytes();
  const std::size_t rest = window.memory_bytes() - details - log - hosts;
  nlohmann::ordered_json kinds;
  kinds["flow table"] = flows;
  kinds["host records"] = kWindows * hosts;
  kinds["host index, hosts beyond capacity, response times"] = counter.memory_bytes() - flows;
  kinds["packets of targets about to be watched"] = kWindows * log;
  kinds["sources, ports, lengths of watched targets"] = kWindows * details;
  kinds["prefixes and their sources"] = kWindows * rest;
  return kinds;
}

}  // namespace

int main() {
  std::printf("%s\n", by_kind(Settings{}).dump(2).c_str());
  return 0;
}
