// A worker's stages on packets made in memory: timed one by one, as a whole, or only counted.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "bench/pipeline/packet_block.h"
#include "bench/pipeline/traffic.h"
#include "engine/worker/worker.h"

namespace floodgauge::bench {

enum class Stage : std::uint8_t {
  take,
  parse,
  known_flows,
  protect,
  flows,
  classify,
  payload,
  count,
  count_
};
inline constexpr std::size_t kStages = static_cast<std::size_t>(Stage::count_);
std::string_view stage_name(Stage stage);

/// TSC cycles a packet, the median of blocks of packets.
struct StageCycles {
  std::array<double, kStages> stage{};
};

/// Everything that a worker of `shape` needs; its stages are called by the benchmark.
class Pipeline {
 public:
  /// Without `payloads`, Hyperscan is left out: which of its variants runs depends on the
  /// processor.
  explicit Pipeline(const Shape& shape, bool payloads = true);

  /// Processes so many packets (rounded up to blocks) and takes the time of each stage.
  StageCycles time_stages(std::uint64_t packets);
  /// Makes every ordinary flow known.
  void open_flows();
  /// The same, and fills the caches.
  void warm_up();
  /// One block, made and processed.
  void process_block();
  /// The same, the processing in a function of its own by whose name callgrind knows what to count:
  /// floodgauge_bench_measured.
  void measure_block();

  std::uint64_t flow_evictions() const { return counter_.flows().evictions(); }

 private:
  template <class Clock>
  void run_burst(std::uint32_t at, Clock&& clock);
  void next_block();
  void run_block();

  Traffic traffic_;
  Settings settings_;
  PrefixRegistry registry_;
  Protection protection_;
  std::shared_ptr<PayloadStage> payloads_;  ///< null where Hyperscan is left out
  Counter counter_;
  WorkerWindow window_;
  PacketBlock block_;
  Nanoseconds time_;
  std::uint64_t window_index_ = 0;
  std::uint64_t in_window_ = 0;
  Burst burst_;
};

/// The whole of a Worker, from receive() to the freeing of mbufs, with all of its shape's flows
/// known and its caches filled. Windows are emptied off the clock: in operation the merging thread
/// does it.
class WholeWorker {
 public:
  explicit WholeWorker(const Shape& shape);
  ~WholeWorker();
  WholeWorker(const WholeWorker&) = delete;
  WholeWorker& operator=(const WholeWorker&) = delete;

  /// Cycles a packet, the mean over the next `packets`; least of `runs`.
  double cycles(std::uint64_t packets, unsigned runs = 1);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// WholeWorker::cycles() of a worker made for it.
double whole_cycles(const Shape& shape, std::uint64_t packets, unsigned runs);

/// Packets a second of so many workers at once, each on packets of its own. Each one's rate is that
/// of its processor time: with a core for each of them it is what they do by the clock.
double workers_rate(const Shape& shape, std::uint64_t packets, unsigned workers);

/// receive() and freeing alone, each packet's first line read: what an engine that does nothing
/// costs on the same packets.
double receive_cycles(const Shape& shape, std::uint64_t packets, unsigned runs);

}  // namespace floodgauge::bench
