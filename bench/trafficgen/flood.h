// A running flood: the schedule of its packets, their sources and targets, and their counts.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {

/// When the packets of a flood are sent: at a constant rate, at a rising rate, or in pulses.
class FloodSchedule {
 public:
  FloodSchedule(const FloodSpec& spec, const Request& request);

  /// The time of packet `index`, moved by `jitter` (in [0, 1)) of the gap to the next packet. Empty
  /// after the end of the flood.
  std::optional<Nanoseconds> at(std::uint64_t index, double jitter) const;
  /// The rate of the schedule at `time`, in packets/s (within a pulse).
  double rate_at(Nanoseconds time) const;

 private:
  double pps_;
  Nanoseconds start_;
  Nanoseconds end_;
  double ramp_seconds_;
  double ramp_packets_;
  Nanoseconds pulse_on_;
  Nanoseconds pulse_off_;
};

/// The source addresses of a flood, and the exact number of those that were captured.
class SourcePool {
 public:
  SourcePool(const FloodSpec& spec, std::uint64_t default_sources, std::uint64_t seed,
             std::span<const IpPrefix> excluded);

  /// The index of a random source of the pool. With spoofed sources, the next unused one.
  std::uint64_t draw(Rng& rng);
  Endpoint endpoint(std::uint64_t index, std::uint16_t port) const;
  /// Records that a packet of this source was captured.
  void mark(std::uint64_t index);
  std::uint64_t distinct() const { return distinct_; }
  std::uint64_t size() const { return pool_.size(); }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  bool spoofed_;
  bool crowd_;
  bool any_;
  std::uint8_t ttl_;
  std::uint64_t seed_;
  AddressPool pool_;
  std::uint64_t next_ = 0;
  std::uint64_t last_ = kNone;  ///< the source that was marked last
  std::uint64_t distinct_ = 0;
  std::vector<bool> seen_;  ///< by index, unless spoofed
};

/// The defaults of a vector, for what the specification of a flood leaves open.
struct FloodDefaults {
  std::uint64_t sources = 0;      ///< 0: spoofed, a new source for each packet
  std::uint16_t port = 0;         ///< 0: random for each packet
  std::uint32_t size = 0;         ///< frame bytes
  double answers_per_second = 0;  ///< capacity of the target; 0: it never answers
};

/// One flood. The object must not move while the simulation runs.
class Flood {
 public:
  Flood(World& world, FloodTruth& truth, const FloodDefaults& defaults, std::uint64_t seed);

  const FloodSpec& spec() const { return truth_.spec; }
  World& world() { return world_; }
  Rng& rng() { return rng_; }
  SourcePool& sources() { return sources_; }
  const FloodSchedule& schedule() const { return schedule_; }
  std::uint32_t size() const { return size_; }

  /// A host of the target, at the flood's destination port.
  Endpoint target();
  /// Whether the target answers this packet. Beyond its capacity it answers a falling share.
  bool answered();

  /// Sends world.frame as a packet of the flood.
  bool attack(std::uint64_t source, bool fragment = false);
  /// Sends world.frame as an answer of the target, after a short processing time.
  void answer();
  /// Sends world.frame as a packet of the target immediately.
  void send_reply() { world_.send(world_.frame, truth_.answers); }
  /// Writes the number of distinct sources into the truth.
  void finish() { truth_.sources = sources_.distinct(); }

  /// The conversations of a flood await a slot before each of their packets, so that together they
  /// follow the schedule exactly. Slots are given in the order of waiting.
  struct Slot {
    Flood& flood;
    bool await_ready() const noexcept { return false; }
    void await_suspend(Process::Handle handle) const { flood.waiting_.push_back(handle); }
    void await_resume() const noexcept {}
  };
  Slot slot() { return {*this}; }
  /// Gives the slots of the schedule to the waiting conversations. Starts another `conversation`
  /// if none is waiting.
  Process hand_out_slots(Process (*conversation)(Flood&));

  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;
  ~Flood();

 private:
  Process send_answer(Frame frame);

  World& world_;
  FloodTruth& truth_;
  Rng rng_;
  FloodSchedule schedule_;
  SourcePool sources_;
  std::uint16_t port_;
  std::uint32_t size_;
  double answers_per_second_;
  std::deque<Process::Handle> waiting_;
};

/// Starts the flood that `truth.spec` describes in `world`.
std::unique_ptr<Flood> start_flood(World& world, FloodTruth& truth, std::uint64_t seed);

}  // namespace floodgauge::trafficgen
