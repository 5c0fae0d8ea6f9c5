// A worker's stages on packets generated in memory: timed one by one, timed as a whole, or run for
// an instruction count.
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

/// TSC cycles a packet: the median over blocks of packets.
struct StageCycles {
  std::array<double, kStages> stage{};
};

/// Everything that a worker for traffic of `shape` needs. The benchmark calls its stages.
class Pipeline {
 public:
  /// `payloads`: false leaves out Hyperscan, which chooses one of its variants by the processor.
  explicit Pipeline(const Shape& shape, bool payloads = true);

  /// Processes `packets` packets, rounded up to blocks, and measures each stage.
  StageCycles time_stages(std::uint64_t packets);
  /// Processes packets until every ordinary flow is known.
  void open_flows();
  /// Also processes packets until the caches are warm.
  void warm_up();
  /// Generates and processes one block.
  void process_block();
  /// The same, with the processing in a function named floodgauge_bench_measured: callgrind counts
  /// the instructions in it.
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
  std::shared_ptr<PayloadStage> payloads_;  ///< nullptr: Hyperscan is left out
  Counter counter_;
  WorkerWindow window_;
  const std::uint64_t window_packets_;
  PacketBlock block_;
  Nanoseconds time_;
  std::uint64_t window_index_ = 0;
  std::uint64_t in_window_ = 0;
  Burst burst_;
};

/// A whole Worker, from receive() to the freeing of mbufs, with all flows of its shape known and
/// warm caches. The time to clear windows is not measured: in operation the merging thread does it.
class WholeWorker {
 public:
  explicit WholeWorker(const Shape& shape);
  ~WholeWorker();
  WholeWorker(const WholeWorker&) = delete;
  WholeWorker& operator=(const WholeWorker&) = delete;

  /// Cycles a packet: the mean over `packets` packets, and the least of `runs` such means.
  double cycles(std::uint64_t packets, unsigned runs = 1);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// WholeWorker::cycles() of a new worker.
double whole_cycles(const Shape& shape, std::uint64_t packets, unsigned runs);

/// Packets a second of `workers` workers at once, each on packets of its own. The rates are those
/// of processor time: with a core for each worker they equal the rates of wall time.
double workers_rate(const Shape& shape, std::uint64_t packets, unsigned workers);

/// receive() and freeing alone, with each packet's first byte read: what an engine that does
/// nothing costs on the same packets.
double receive_cycles(const Shape& shape, std::uint64_t packets, unsigned runs);

}  // namespace floodgauge::bench
