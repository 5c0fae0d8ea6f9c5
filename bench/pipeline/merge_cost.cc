#include "bench/pipeline/merge_cost.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "bench/pipeline/cpu_clock.h"
#include "bench/pipeline/packet_block.h"
#include "detectors/detection.h"
#include "engine/classify/classify.h"
#include "engine/merge/ledger.h"
#include "engine/merge/merger.h"
#include "engine/port/mbuf_frame.h"
#include "engine/worker/worker.h"

namespace floodgauge::bench {
namespace {

constexpr Nanoseconds kBegin = whole_seconds(1'700'000'000);
constexpr int kRuns = 9;

/// The stages of one worker, which fill its own windows.
class Filler {
 public:
  Filler(const Shape& shape, const Protection& protection, WindowExchange& exchange)
      : traffic_(shape), protection_(protection), exchange_(exchange), counter_([] {
          CounterSettings settings;
          settings.key = key_from_seed(1);
          return settings;
        }()) {}

  void fill(std::uint64_t index, std::uint64_t packets) {
    WorkerWindow& window = exchange_.filling();
    window.index = index;
    for (std::uint64_t done = 0; done < packets; done += PacketBlock::kPackets) {
      block_.fill(traffic_);
      for (std::uint32_t at = 0; at < PacketBlock::kPackets; at += kBurst) {
        take_frames(block_.take(at, kBurst), burst_);
        burst_.times.fill(kBegin);
        parse_burst(burst_);
        Counter::count_parsed(burst_, window);
        counter_.count_known_flows(burst_, protection_, index, window);
        protection_.find_targets(burst_);
        counter_.look_up_flows(burst_, protection_, index, window);
        classify_burst(burst_);
        counter_.pass_over_repeated_initials(burst_);
        counter_.count_hosts(burst_, protection_, window);
      }
    }
    exchange_.seal();
    exchange_.publish_progress(index + 1);
    counter_.next_window();
  }

 private:
  Traffic traffic_;
  const Protection& protection_;
  WindowExchange& exchange_;
  Counter counter_;
  PacketBlock block_;
  Burst burst_;
};

}  // namespace

MergeCost merge_cost(const Shape& shape, std::uint64_t packets, unsigned workers) {
  Settings settings;
  settings.protect.push_back({.name = "bench", .prefixes = Traffic(shape).prefixes()});
  PrefixRegistry registry(static_cast<std::uint32_t>(settings.protect[0].prefixes.size()));
  registry.assign(settings);
  const Protection protection(registry, settings);
  std::vector<std::unique_ptr<WindowExchange>> exchanges;
  std::vector<WindowExchange*> pointers;
  std::vector<std::unique_ptr<Filler>> fillers;
  for (unsigned w = 0; w < workers; ++w) {
    exchanges.push_back(std::make_unique<WindowExchange>(
        WindowCapacity{.prefixes = registry.capacity(), .log_shared = kLoggedAtOnce / workers}));
    pointers.push_back(exchanges.back().get());
    fillers.push_back(std::make_unique<Filler>(shape, protection, *pointers.back()));
  }
  const WindowGrid grid{.origin = kBegin};
  Merger merger(pointers, grid, key_from_seed(1), WindowCapacity{}.hosts);
  Detection detection(settings, registry, [](Nanoseconds, Transition, const Incident&) {});
  Ledger ledger(registry.capacity());
  NetworkWindow window;
  MergeCost cost{.seconds = 1e9};
  std::vector<double> detecting;
  for (int run = 0; run < kRuns; ++run) {
    for (const auto& filler : fillers) filler->fill(static_cast<std::uint64_t>(run), packets);
    const double before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    if (!merger.next(window)) return {};
    cost.hosts = window.hosts().size();
    const double merged = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    detection.on_window(window);
    ledger.add(window, settings, registry, 0);
    const double detected = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    merger.release();
    const double released = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    cost.seconds = std::min(cost.seconds, merged - before + released - detected);
    detecting.push_back(detected - merged);
  }
  std::sort(detecting.begin(), detecting.end());
  cost.detect_seconds = detecting[detecting.size() / 2];
  cost.detect_share = cost.detect_seconds / grid.length.seconds();
  cost.share_of_window = cost.seconds / grid.length.seconds();
  return cost;
}

}  // namespace floodgauge::bench
