#include "bench/trafficgen/world.h"

#include <algorithm>

namespace floodgauge::trafficgen {
namespace {

constexpr std::uint64_t kClients = 60'000;
constexpr std::uint64_t kClientKey = 0xc11e;

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

}  // namespace

BorderLink::BorderLink(const Request& request, CaptureWriter* writer, Tally& total)
    : request_(request),
      writer_(writer),
      total_(total),
      resolution_(request.format == CaptureFormat::pcap_microseconds ? 1000 : 1) {
  for (const EffectSpec& effect : request.effects) {
    if (effect.service != "blackout") continue;
    blackouts_.push_back(effect);
    blackouts_.back().start = request.start + effect.start;
  }
}

bool BorderLink::dark(Nanoseconds now, const Frame& frame) const {
  return std::any_of(blackouts_.begin(), blackouts_.end(), [&](const EffectSpec& blackout) {
    if (!in_effect(blackout, now)) return false;
    const auto ip = frame.bytes().subspan(kEthernetHeader);
    const bool v6 = ip[0] >> 4 == 6;
    const std::size_t at = v6 ? 8 : 12;
    const std::size_t size = v6 ? 16 : 4;
    return covers(blackout, address_at(ip.subspan(at, size))) ||
           covers(blackout, address_at(ip.subspan(at + size, size)));
  });
}

bool BorderLink::send(Nanoseconds now, const Frame& frame, Tally& tally) {
  if (now < request_.start) return true;
  if (!blackouts_.empty() && dark(now, frame)) return false;
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
