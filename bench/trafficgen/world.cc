#include "bench/trafficgen/world.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace floodgauge::trafficgen {
namespace {

constexpr std::uint64_t kClients = 60'000;
constexpr std::uint64_t kClientKey = 0xc11e;
constexpr std::uint64_t kSamplerKey = 0x5a3f;

constexpr std::string_view name_of(Service service) {
  switch (service) {
    case Service::dns:
      return "dns";
    case Service::web:
      return "web";
    case Service::mail:
      return "mail";
  }
  return {};
}

bool in_effect(const EffectSpec& effect, Nanoseconds at) {
  return at >= effect.start && at < effect.start + effect.duration;
}

bool covers(const EffectSpec& blackout, const IpAddress& address) {
  return blackout.target.length == 0 || blackout.target.contains(address);
}

IpAddress address_at(std::span<const std::uint8_t> bytes) {
  IpAddress address;
  if (bytes.size() == 4) address.bytes[10] = address.bytes[11] = 0xff;
  std::copy(bytes.begin(), bytes.end(), address.bytes.end() - static_cast<long>(bytes.size()));
  return address;
}

struct Ends {
  IpAddress from;
  IpAddress to;
};

Ends ends_of(const Frame& frame) {
  const auto ip = frame.bytes().subspan(kEthernetHeader);
  const bool v6 = ip[0] >> 4 == 6;
  const std::size_t at = v6 ? 8 : 12;
  const std::size_t size = v6 ? 16 : 4;
  return {address_at(ip.subspan(at, size)), address_at(ip.subspan(at + size, size))};
}

std::uint64_t hash_of(const IpAddress& address) {
  std::uint64_t hash = 0;
  for (const std::uint8_t byte : address.bytes) hash = mix64(hash ^ byte);
  return hash;
}

/// The activity of people relative to the busiest hour: lowest before dawn, highest in the evening,
/// and a little lower on Saturday and Sunday.
double share_of_hour(Nanoseconds time) {
  constexpr double kDay = 86'400;
  constexpr double kNight = 0.35;
  constexpr double kQuietest = 4.5 / 24;
  const double days = time.seconds() / kDay;
  const double phase = 2 * std::numbers::pi * (days - std::floor(days) - kQuietest);
  const double day = kNight + (1 - kNight) * (1 - std::cos(phase)) / 2;
  // 1970 began on a Thursday.
  const auto weekday = (static_cast<std::int64_t>(std::floor(days)) + 4) % 7;
  return day * (weekday == 0 || weekday == 6 ? 0.85 : 1);
}

}  // namespace

BorderLink::BorderLink(const Request& request, CaptureWriter* writer, Tally& total)
    : request_(request),
      writer_(writer),
      total_(total),
      resolution_(request.format == CaptureFormat::pcap_microseconds ? 1000 : 1),
      sampler_(derive_seed(request.seed, kSamplerKey)) {
  for (const EffectSpec& effect : request.effects) {
    if (effect.service != "blackout") continue;
    blackouts_.push_back(effect);
    blackouts_.back().start = request.start + effect.start;
  }
}

bool BorderLink::dark(Nanoseconds now, const Frame& frame) const {
  return std::any_of(blackouts_.begin(), blackouts_.end(), [&](const EffectSpec& blackout) {
    if (!in_effect(blackout, now)) return false;
    const Ends ends = ends_of(frame);
    const auto inside = [&](const IpAddress& address) {
      return covers(blackout, address) &&
             std::any_of(request_.inside.begin(), request_.inside.end(),
                         [&](const IpPrefix& prefix) { return prefix.contains(address); });
    };
    return (blackout.direction != View::outbound && inside(ends.to)) ||
           (blackout.direction != View::inbound && inside(ends.from));
  });
}

bool BorderLink::in_view(const Frame& frame) {
  if (request_.sample > 1 && sampler_.below(request_.sample) != 0) return false;
  if (request_.view == View::both && request_.asymmetric == 0) return true;
  const Ends ends = ends_of(frame);
  const bool inbound =
      std::any_of(request_.inside.begin(), request_.inside.end(),
                  [&](const IpPrefix& prefix) { return prefix.contains(ends.to); });
  if (request_.view != View::both && inbound != (request_.view == View::inbound)) return false;
  // The route depends on the pair of hosts and not on the packet. So a pair always keeps the same
  // direction on this link.
  Rng pair(hash_of(ends.from) + hash_of(ends.to));
  return !pair.chance(request_.asymmetric) || pair.chance(0.5) == inbound;
}

bool BorderLink::send(Nanoseconds now, const Frame& frame, Tally& tally) {
  captured_ = false;
  if (now < request_.start + request_.skip) return true;
  if (!blackouts_.empty() && dark(now, frame)) return false;
  if (!in_view(frame)) return true;
  captured_ = true;
  now.count -= now.count % resolution_;
  tally.add(now, frame.bytes().size());
  total_.add(now, frame.bytes().size());
  if (writer_ != nullptr) writer_->write(now, frame.bytes());
  return true;
}

World::World(const Request& the_request, CaptureWriter* writer, Tally& total, Nanoseconds begin)
    : request(the_request),
      simulation(begin),
      link(the_request, writer, total),
      inside(the_request.inside),
      clients_v4_(derive_seed(the_request.seed, kClientKey), kClients, false, the_request.inside),
      clients_v6_(derive_seed(the_request.seed, kClientKey), kClients, true, the_request.inside) {}

bool World::answers(Service service, Rng& rng) const {
  const Nanoseconds at = now() - request.start;
  for (const EffectSpec& effect : request.effects) {
    if (effect.service != name_of(service) || !in_effect(effect, at)) continue;
    const double since = (at - effect.start).seconds();
    const double ramp = effect.ramp.seconds();
    const double fallen = ramp > since ? since / ramp : 1;
    if (!rng.chance(1 - fallen * (1 - effect.answers))) return false;
  }
  return true;
}

ServerState World::state_of(const ServerSpec& server) const {
  ServerState state;
  const Nanoseconds at = now() - request.start;
  for (const EffectSpec& effect : request.effects) {
    if (effect.service != "server" || effect.host != server.host || effect.of != server.service ||
        !in_effect(effect, at)) {
      continue;
    }
    state.answers = std::min(state.answers, effect.answers);
    state.delay = std::max(state.delay, effect.delay);
  }
  return state;
}

double World::demand() const {
  double share = 1;
  const Nanoseconds at = now() - request.start;
  for (const EffectSpec& effect : request.effects) {
    if (effect.service == "demand" && in_effect(effect, at)) share *= effect.answers;
  }
  return share;
}

double World::activity() const {
  return request.rhythm ? share_of_hour(now()) : 1;
}

bool World::draw_v6(Rng& rng) const {
  const bool v6 = rng.chance(request.ipv6_share);
  return inside.has(v6) ? v6 : !v6;
}

bool World::flow_v6(std::uint32_t number) const {
  const auto before = static_cast<std::uint64_t>(number * request.ipv6_share);
  const auto after = static_cast<std::uint64_t>((number + 1) * request.ipv6_share);
  const bool v6 = after > before;
  return inside.has(v6) ? v6 : !v6;
}

Endpoint World::outside(bool v6, std::uint16_t port, Rng& rng) const {
  return client(rng.below(kClients), v6, port);
}

Endpoint World::client(std::uint64_t number, bool v6, std::uint16_t port) const {
  return (v6 ? clients_v6_ : clients_v4_).endpoint(number, port);
}

}  // namespace floodgauge::trafficgen
