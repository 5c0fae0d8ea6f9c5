#include "bench/pipeline/pipeline.h"

#include <algorithm>
#include <limits>
#include <thread>
#include <vector>

#include <rte_cycles.h>

#include "bench/pipeline/cpu_clock.h"
#include "engine/classify/classify.h"
#include "engine/classify/payload_stage.h"
#include "engine/classify/signature_set.h"
#include "engine/port/mbuf_frame.h"

namespace floodgauge::bench {
namespace {

constexpr Nanoseconds kBegin = whole_seconds(1'700'000'000);
/// 10 million packets a second.
constexpr Nanoseconds kGap{100};
constexpr std::uint32_t kDefaultFlows = 1048576;
constexpr std::uint32_t kDefaultHosts = 262144;

Settings settings_of(const Traffic& traffic) {
  Settings settings;
  settings.protect.push_back({.name = "bench", .prefixes = traffic.prefixes()});
  settings.engine.seed = 1;
  return settings;
}

/// With the built-in signatures, as every sensor has them.
std::shared_ptr<PayloadStage> payload_stage(const Settings& settings) {
  std::vector<SignatureError> errors;
  return std::make_shared<PayloadStage>(SignatureSet::load("", errors),
                                        key_from_seed(*settings.engine.seed), 1);
}

PrefixRegistry registry_of(const Settings& settings) {
  PrefixRegistry registry(static_cast<std::uint32_t>(settings.protect[0].prefixes.size()));
  registry.assign(settings);
  return registry;
}

/// `engine.hosts`: the default, or enough for all hosts. One record in sixteen is kept back.
std::uint32_t hosts_of(const Shape& shape) {
  return std::max(kDefaultHosts, shape.hosts / 15 * 16 + 16);
}

CounterSettings counter_settings(const Shape& shape) {
  CounterSettings settings;
  settings.flows = std::max(kDefaultFlows, shape.flows);
  settings.hosts = hosts_of(shape);
  settings.key = key_from_seed(1);
  return settings;
}

WindowCapacity window_capacity(const Shape& shape, const PrefixRegistry& registry) {
  return {.hosts = hosts_of(shape), .prefixes = registry.capacity(), .snaps = shape.snaps};
}

/// A queue of the packets of a Traffic. It also clears windows in place of the merge. away() says
/// how many cycles both have taken, so that they can be subtracted.
class BlockQueue : public RxQueue {
 public:
  BlockQueue(const Shape& shape, WindowExchange& exchange)
      : traffic_(shape), exchange_(exchange), time_(kBegin) {}

  void allow(std::uint64_t packets) { left_ = packets; }
  double away() const { return away_; }
  const Traffic& traffic() const { return traffic_; }

  void receive(ReceivedBurst& burst, Nanoseconds& clock) override {
    block_.give_back(taken_);
    if (at_ == PacketBlock::kPackets) refill();
    const auto count = static_cast<std::uint32_t>(
        std::min<std::uint64_t>({kBurst, PacketBlock::kPackets - at_, left_}));
    taken_ = block_.take(at_, count);
    take_frames(taken_, burst);
    std::fill_n(burst.times.begin(), count, time_ + kGap * at_);
    at_ += count;
    left_ -= count;
    clock = {};
  }
  bool finished() const override {
    if (exchange_.sealed() != nullptr) empty_windows();
    return left_ == 0;
  }

 private:
  void empty_windows() const {
    const double before = thread_cycles();
    while (WorkerWindow* window = exchange_.sealed()) {
      window->clear();
      exchange_.release();
    }
    away_ += thread_cycles() - before;
  }
  void refill() {
    const double before = thread_cycles();
    block_.fill(traffic_);
    time_ = time_ + kGap * PacketBlock::kPackets;
    at_ = 0;
    away_ += thread_cycles() - before;
  }

  Traffic traffic_;
  WindowExchange& exchange_;
  PacketBlock block_;
  std::span<rte_mbuf* const> taken_;
  Nanoseconds time_;  ///< of the block
  std::uint32_t at_ = PacketBlock::kPackets;
  std::uint64_t left_ = 0;
  mutable double away_ = 0;
};

/// Cycles a packet of run(), which must take all packets of `queue`.
template <class Run>
double measure(BlockQueue& queue, std::uint64_t packets, unsigned runs, Run&& run) {
  double least = std::numeric_limits<double>::max();
  for (unsigned i = 0; i < runs; ++i) {
    queue.allow(packets);
    const double away = queue.away();
    const double before = thread_cycles();
    run();
    const double cycles = thread_cycles() - before - (queue.away() - away);
    least = std::min(least, cycles / static_cast<double>(packets));
  }
  return least;
}

}  // namespace

std::string_view stage_name(Stage stage) {
  static constexpr std::string_view kNames[kStages] = {"take",  "parse",    "known",   "protect",
                                                       "flows", "classify", "payload", "count"};
  return kNames[static_cast<std::size_t>(stage)];
}

Pipeline::Pipeline(const Shape& shape, bool payloads)
    : traffic_(shape),
      settings_(settings_of(traffic_)),
      registry_(registry_of(settings_)),
      protection_(registry_, settings_),
      payloads_(payloads ? payload_stage(settings_) : nullptr),
      counter_(counter_settings(shape)),
      window_(window_capacity(shape, registry_)),
      window_packets_(shape.window_packets),
      time_(kBegin) {}

/// What EthdevQueue::receive() and Worker::process() do with the block's packets from `at` on.
/// Calls clock(stage) after each stage.
template <class Clock>
void Pipeline::run_burst(std::uint32_t at, Clock&& clock) {
  take_frames(block_.take(at, kBurst), burst_);
  burst_.times.fill(time_ + kGap * at);
  clock(Stage::take);
  parse_burst(burst_);
  Counter::count_parsed(burst_, window_);
  clock(Stage::parse);
  counter_.count_known_flows(burst_, protection_, window_index_, window_);
  clock(Stage::known_flows);
  protection_.find_targets(burst_);
  clock(Stage::protect);
  counter_.look_up_flows(burst_, protection_, window_index_, window_);
  clock(Stage::flows);
  classify_burst(burst_);
  counter_.pass_over_repeated_initials(burst_);
  clock(Stage::classify);
  if (payloads_ != nullptr) payloads_->look(burst_, 0);
  clock(Stage::payload);
  counter_.count_hosts(burst_, protection_, window_);
  clock(Stage::count);
}

void Pipeline::next_block() {
  if (in_window_ >= window_packets_) {
    in_window_ = 0;
    ++window_index_;
    window_.clear();
    counter_.next_window();
  }
  block_.fill(traffic_);
  time_ = time_ + kGap * PacketBlock::kPackets;
  in_window_ += PacketBlock::kPackets;
}

/// The median over blocks, so that blocks in which the thread lost its core do not count.
StageCycles Pipeline::time_stages(std::uint64_t packets) {
  std::array<std::vector<std::uint64_t>, kStages> blocks;
  for (std::uint64_t done = 0; done < packets; done += PacketBlock::kPackets) {
    next_block();
    std::array<std::uint64_t, kStages> sums{};
    for (std::uint32_t at = 0; at < PacketBlock::kPackets; at += kBurst) {
      std::uint64_t before = rte_rdtsc();
      run_burst(at, [&](Stage stage) {
        const std::uint64_t now = rte_rdtsc();
        sums[static_cast<std::size_t>(stage)] += now - before;
        before = now;
      });
    }
    for (std::size_t s = 0; s < kStages; ++s) blocks[s].push_back(sums[s]);
  }
  StageCycles cycles;
  for (std::size_t s = 0; s < kStages; ++s) {
    const auto middle = blocks[s].begin() + static_cast<std::ptrdiff_t>(blocks[s].size() / 2);
    std::nth_element(blocks[s].begin(), middle, blocks[s].end());
    cycles.stage[s] = static_cast<double>(*middle) / PacketBlock::kPackets;
  }
  return cycles;
}

void Pipeline::open_flows() {
  const std::uint64_t packets = traffic_.opening_packets();
  for (std::uint64_t done = 0; done < packets; done += PacketBlock::kPackets) process_block();
}

void Pipeline::warm_up() {
  open_flows();
  for (std::uint64_t done = 0; done < window_packets_ / 2; done += PacketBlock::kPackets) {
    process_block();
  }
}

void Pipeline::run_block() {
  for (std::uint32_t at = 0; at < PacketBlock::kPackets; at += kBurst) {
    run_burst(at, [](Stage) {});
  }
}

void Pipeline::process_block() {
  next_block();
  run_block();
}

extern "C" [[gnu::noinline]] void floodgauge_bench_measured(void (*run)(void*), void* self) {
  run(self);
}

void Pipeline::measure_block() {
  next_block();
  floodgauge_bench_measured([](void* self) { static_cast<Pipeline*>(self)->run_block(); }, this);
}

struct WholeWorker::Parts {
  explicit Parts(const Shape& shape)
      : settings(settings_of(Traffic(shape))),
        registry(registry_of(settings)),
        live(std::make_unique<const WorkerSettings>(
                 WorkerSettings{Protection(registry, settings), payload_stage(settings)}),
             1),
        exchange(window_capacity(shape, registry)),
        queue(shape, exchange),
        worker(0, queue, live, exchange, {.origin = kBegin}, counter_settings(shape),
               LateMerge::wait) {}

  Settings settings;
  PrefixRegistry registry;
  LiveWorkerSettings live;
  WindowExchange exchange;
  BlockQueue queue;
  Worker worker;
};

WholeWorker::WholeWorker(const Shape& shape) : parts_(std::make_unique<Parts>(shape)) {
  cycles(parts_->queue.traffic().opening_packets() + Shape{}.window_packets / 2);
}

WholeWorker::~WholeWorker() = default;

double WholeWorker::cycles(std::uint64_t packets, unsigned runs) {
  const std::atomic<bool> stop{false};
  return measure(parts_->queue, packets, runs, [&] { parts_->worker.run(stop); });
}

double whole_cycles(const Shape& shape, std::uint64_t packets, unsigned runs) {
  return WholeWorker(shape).cycles(packets, runs);
}

double workers_rate(const Shape& shape, std::uint64_t packets, unsigned workers) {
  std::vector<double> cycles(workers);
  std::vector<std::thread> threads;
  for (double& own : cycles) {
    threads.emplace_back([&] { own = whole_cycles(shape, packets, 1); });
  }
  for (std::thread& thread : threads) thread.join();
  double rate = 0;
  for (const double own : cycles) rate += tsc_rate() / own;
  return rate;
}

double receive_cycles(const Shape& shape, std::uint64_t packets, unsigned runs) {
  WindowExchange exchange({.hosts = 1, .log_entries = 1, .details = 0});
  BlockQueue queue(shape, exchange);
  volatile std::uint8_t seen = 0;
  return measure(queue, packets, runs, [&] {
    ReceivedBurst burst;
    Nanoseconds clock;
    while (!queue.finished()) {
      queue.receive(burst, clock);
      std::uint8_t sum = 0;
      for (std::uint16_t i = 0; i < burst.size; ++i) sum ^= *burst.frames[i].data;
      seen = sum;
    }
  });
}

}  // namespace floodgauge::bench
