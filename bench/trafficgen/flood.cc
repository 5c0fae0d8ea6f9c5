#include "bench/trafficgen/flood.h"

#include <algorithm>
#include <cmath>

namespace floodgauge::trafficgen {
namespace {

constexpr std::uint64_t kAllAddresses = std::uint64_t{1} << 32;
constexpr std::uint8_t kInsideTtl = 63;

std::uint64_t pool_size(const FloodSpec& spec, std::uint64_t default_sources) {
  if (spec.spoofed) return kAllAddresses;
  if (spec.sources > 0) return spec.sources;
  return default_sources > 0 ? default_sources : kAllAddresses;
}

}  // namespace

FloodSchedule::FloodSchedule(const FloodSpec& spec, const Request& request)
    : pps_(spec.pps),
      start_(request.start + spec.start),
      end_(request.start + request.duration),
      ramp_seconds_(spec.ramp.seconds()),
      ramp_packets_(spec.pps * spec.ramp.seconds() / 2),
      pulse_on_(spec.pulse_on),
      pulse_off_(spec.pulse_off) {
  if (spec.duration.count > 0) end_ = std::min(end_, start_ + spec.duration);
}

std::optional<Nanoseconds> FloodSchedule::at(std::uint64_t index, double jitter) const {
  const double number = static_cast<double>(index) + jitter;
  const double seconds = number < ramp_packets_ ? std::sqrt(2 * ramp_seconds_ * number / pps_)
                                                : ramp_seconds_ + (number - ramp_packets_) / pps_;
  Nanoseconds since{static_cast<std::int64_t>(seconds * 1e9)};
  if (pulse_on_.count > 0) {
    since = since + pulse_off_ * (since.count / pulse_on_.count);
  }
  const Nanoseconds time = start_ + since;
  if (time >= end_) return std::nullopt;
  return time;
}

double FloodSchedule::rate_at(Nanoseconds time) const {
  const double since = (time - start_).seconds();
  return since < ramp_seconds_ ? pps_ * since / ramp_seconds_ : pps_;
}

SourcePool::SourcePool(const FloodSpec& spec, std::uint64_t default_sources, std::uint64_t seed,
                       std::span<const IpPrefix> excluded)
    : spoofed_(pool_size(spec, default_sources) == kAllAddresses),
      crowd_(spec.crowd && !spec.target.v6),
      any_(spec.any_source && !spec.target.v6),
      ttl_(spec.ttl),
      seed_(seed),
      pool_(seed, pool_size(spec, default_sources), spec.target.v6, excluded) {
  if (!spoofed_) seen_.resize(pool_.size());
}

Endpoint SourcePool::endpoint(std::uint64_t index, std::uint16_t port) const {
  Endpoint from = pool_.endpoint(index, port);
  if (crowd_ || any_) {
    from.address = crowd_ ? crowd_host(index, seed_) : any_address(index, seed_);
    from.ttl = ttl_of(from.address);
  }
  if (ttl_ != 0) from.ttl = ttl_;
  return from;
}

std::uint64_t SourcePool::draw(Rng& rng) {
  if (!spoofed_) return rng.below(static_cast<std::uint32_t>(pool_.size()));
  return next_++ % pool_.size();
}

void SourcePool::mark(std::uint64_t index) {
  if (spoofed_) {
    // Spoofed sources are drawn in order, so only the newest one can be new. When the pool is used
    // up, all sources have been seen.
    if (index + 1 == next_ && index != last_) ++distinct_;
    last_ = index;
    return;
  }
  if (!seen_[index]) ++distinct_;
  seen_[index] = true;
}

Flood::Flood(World& world, FloodTruth& truth, const FloodDefaults& defaults, std::uint64_t seed)
    : world_(world),
      truth_(truth),
      rng_(seed),
      schedule_(truth.spec, world.request),
      sources_(truth.spec, defaults.sources, seed, world.request.inside),
      port_(truth.spec.random_port ? std::uint16_t{0}
                                   : (truth.spec.port != 0 ? truth.spec.port : defaults.port)),
      size_(truth.spec.size != 0 ? truth.spec.size : defaults.size),
      answers_per_second_(defaults.answers_per_second) {
  truth_.attack.watch_limit(world.request.limit_pps);
}

Flood::~Flood() {
  for (const Process::Handle& handle : waiting_) destroy_chain(handle);
}

Endpoint Flood::target() {
  const std::uint16_t port =
      port_ != 0 ? port_ : static_cast<std::uint16_t>(rng_.between(1024, 65535));
  return {random_host(spec().target, rng_), port, kInsideTtl, true};
}

bool Flood::answered() {
  if (spec().answers >= 0) return rng_.chance(spec().answers);
  const double rate = schedule_.rate_at(world_.now());
  return rng_.chance(rate > answers_per_second_ ? answers_per_second_ / rate : 1);
}

bool Flood::attack(std::uint64_t source, bool fragment) {
  if (!world_.send(world_.frame, truth_.attack)) return false;
  if (!world_.link.captured()) return true;
  sources_.mark(source);
  if (fragment) ++truth_.fragments;
  return true;
}

void Flood::answer() {
  const Nanoseconds thinking{rng_.between(150'000, 900'000)};
  world_.simulation.start(send_answer(world_.frame), world_.now() + thinking);
}

Process Flood::send_answer(Frame frame) {
  world_.send(frame, truth_.answers);
  co_return;
}

Process Flood::hand_out_slots(Process (*conversation)(Flood&)) {
  for (std::uint64_t index = 0;; ++index) {
    const auto time = schedule_.at(index, rng_.unit());
    if (!time) co_return;
    co_await world_.simulation.until(*time);
    if (waiting_.empty()) conversation(*this).release().resume();  // up to its first slot
    const Process::Handle next = waiting_.front();
    waiting_.pop_front();
    next.resume();
  }
}

}  // namespace floodgauge::trafficgen
