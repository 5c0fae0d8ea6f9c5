// A flood that is under way: when its packets go out, from whom, to whom, and what was counted.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {

/// When the packets of a flood go out: constant, rising, in pulses.
class FloodSchedule {
 public:
  FloodSchedule(const FloodSpec& spec, const Request& request);

  /// Time of packet `index`, `jitter` in [0, 1) of the way to the next; nothing past the end.
  std::optional<Nanoseconds> at(std::uint64_t index, double jitter) const;
  /// Packets a second that the schedule has reached at `time` (within a pulse).
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

/// The addresses a flood comes from, and exactly how many of them were seen.
class SourcePool {
 public:
  SourcePool(const FloodSpec& spec, std::uint64_t default_sources, std::uint64_t seed,
             std::span<const IpPrefix> excluded);

  /// Any of the pool; the next one, never seen before, when spoofed.
  std::uint64_t draw(Rng& rng);
  Endpoint endpoint(std::uint64_t index, std::uint16_t port) const;
  /// Notes that a packet of that source was sent.
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
  std::uint64_t last_ = kNone;  ///< marked last
  std::uint64_t distinct_ = 0;
  std::vector<bool> seen_;  ///< by index, unless spoofed
};

/// What a vector does when its flood's specification leaves something open.
struct FloodDefaults {
  std::uint64_t sources = 0;      ///< 0: spoofed, a new one for each packet
  std::uint16_t port = 0;         ///< 0: random for each packet
  std::uint32_t size = 0;         ///< frame bytes
  double answers_per_second = 0;  ///< what the target manages; 0: it never answers
};

/// Must stay where it is while the simulation runs.
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
  /// Whether the target answers this one: its share falls as the rate climbs beyond what it can.
  bool answered();

  /// Sends world.frame as a packet of the flood.
  bool attack(std::uint64_t source, bool fragment = false);
  /// Sends world.frame as an answer of the target, once the target has had its time to think.
  void answer();
  /// Sends world.frame as a packet of the target at once.
  void send_reply() { world_.send(world_.frame, truth_.answers); }
  /// Writes the number of distinct sources into the truth.
  void finish() { truth_.sources = sources_.distinct(); }

  /// Awaited by the conversations of a flood before each packet of theirs, so that together they
  /// keep to the schedule exactly; first come, first served.
  struct Slot {
    Flood& flood;
    bool await_ready() const noexcept { return false; }
    void await_suspend(Process::Handle handle) const { flood.waiting_.push_back(handle); }
    void await_resume() const noexcept {}
  };
  Slot slot() { return {*this}; }
  /// Hands out the slots; starts another `conversation` whenever nobody waits for one.
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
