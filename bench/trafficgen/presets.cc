#include "bench/trafficgen/presets.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "bench/trafficgen/benign.h"

namespace floodgauge::trafficgen {
namespace {

Nanoseconds part(const Request& request, double share) {
  return {std::llround(static_cast<double>(request.duration.count) * share)};
}

/// Adds a flood. `from` and `to` are shares of the duration of the capture.
void add_flood(Request& request, std::string_view text, double from, double to) {
  FloodSpec spec = parse_flood(text);
  spec.start = part(request, from);
  spec.duration = part(request, to - from);
  request.floods.push_back(spec);
}

void add_effect(Request& request, std::string_view text, double from, double to) {
  EffectSpec spec = parse_effect(text);
  spec.start = part(request, from);
  spec.duration = part(request, to - from);
  spec.ramp = part(request, 0.01);
  request.effects.push_back(spec);
}

void outage(Request& request) {
  // The outage of a national link. First the name servers stop answering, then web and mail. Then
  // nothing passes at all. Names come back first, then web, and mail keeps failing.
  request.benign.push_back({"mix", 8000});
  request.benign.push_back({"dns", 4000});
  request.benign.push_back({"mail", 1000});
  add_flood(request, "dns_query:target=198.51.100.53,rate=60kpps,answers=0.002", 0.20, 0.60);
  add_flood(request, "tcp_syn:target=198.51.100.53,rate=40kpps,port=53", 0.25, 0.60);
  add_flood(request, "udp:target=198.51.100.0/24,rate=60kpps,size=138", 0.40, 0.60);
  add_effect(request, "dns:answers=0.03", 0.21, 0.75);
  add_effect(request, "web:answers=0.05", 0.40, 0.85);
  add_effect(request, "mail:answers=0.05", 0.42, 1.00);
  add_effect(request, "blackout", 0.60, 0.75);
}

void syn(Request& request) {
  request.benign.push_back({"mix", 20'000});
  add_flood(request, "tcp_syn:target=198.51.100.80,rate=100kpps", 0.3, 0.8);
}

void ramp(Request& request) {
  request.benign.push_back({"mix", 10'000});
  FloodSpec spec = parse_flood("udp:target=198.51.100.80,rate=150kpps");
  spec.start = part(request, 0.2);
  spec.duration = part(request, 0.7);
  spec.ramp = part(request, 0.5);
  request.floods.push_back(spec);
}

void pulse(Request& request) {
  request.benign.push_back({"mix", 10'000});
  FloodSpec spec = parse_flood("udp:target=198.51.100.80,rate=150kpps");
  spec.start = part(request, 0.1);
  spec.duration = part(request, 0.8);
  spec.pulse_on = part(request, 0.05);
  spec.pulse_off = part(request, 0.1);
  request.floods.push_back(spec);
}

void carpet(Request& request) {
  request.benign.push_back({"mix", 20'000});
  add_flood(request, "reflection_dns:target=198.51.100.0/24,rate=250kpps", 0.3, 0.8);
}

void multi_vector(Request& request) {
  request.benign.push_back({"mix", 10'000});
  add_flood(request, "reflection_dns:target=198.51.100.80,rate=60kpps", 0.2, 0.8);
  add_flood(request, "reflection_ntp:target=198.51.100.80,rate=60kpps", 0.3, 0.8);
  add_flood(request, "tcp_syn:target=198.51.100.80,rate=80kpps", 0.4, 0.8);
}

void ipv6(Request& request) {
  request.benign.push_back({"mix", 10'000});
  add_flood(request, "tcp_syn:target=2001:db8:1::50,rate=80kpps", 0.2, 0.6);
  add_flood(request, "icmpv6:target=2001:db8:1::51,rate=80kpps", 0.5, 0.9);
}

/// Every vector, one after the other, each against a host of its own.
void each_vector(Request& request) {
  std::vector<std::string> names;
  for (const VectorInfo& row : vector_table()) {
    if (!row.attack) continue;
    names.emplace_back(row.name);
    if (row.vector == Vector::reflection_port) names.back() += "_4242";
  }
  request.benign.push_back({"mix", 2000});
  const double step = 1.0 / static_cast<double>(names.size() + 1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string host = std::to_string(150 + i);
    const std::string target = names[i] == "icmpv6" ? "2001:db8:1::" + host : "198.51.100." + host;
    const double from = (static_cast<double>(i) + 0.5) * step;
    add_flood(request, names[i] + ":rate=60kpps,target=" + target, from, from + step / 2);
  }
}

constexpr Preset kPresets[] = {
    {"national-link",
     "a small country's link: servers slow down, fail and fall silent under three waves, the link "
     "is dark, and parts come back",
     whole_seconds(240), national_link},
    {"national-link-quiet", "the same link on an ordinary day: restarts, a lull, no attack",
     whole_seconds(240), national_link_quiet},
    {"outage", "names, web and mail fail under a flood, then a blackout, then parts recover",
     whole_seconds(120), outage},
    {"each-vector", "every vector in turn at 60 kpps, each against a host of its own",
     whole_seconds(58), each_vector},
    {"syn", "100 kpps of spoofed SYNs within a mix of 20 kpps", whole_seconds(10), syn},
    {"ramp", "a UDP flood that rises to 150 kpps", whole_seconds(20), ramp},
    {"pulse", "a UDP flood of 150 kpps, on and off", whole_seconds(40), pulse},
    {"carpet", "DNS reflection of 250 kpps over a /24", whole_seconds(10), carpet},
    {"multi-vector", "DNS and NTP reflection and SYNs on one host", whole_seconds(15),
     multi_vector},
    {"ipv6", "SYN and ICMPv6 floods over IPv6", whole_seconds(10), ipv6},
};

}  // namespace

std::span<const Preset> presets() {
  return kPresets;
}

void apply_preset(std::string_view name, Request& request) {
  const auto preset = std::find_if(std::begin(kPresets), std::end(kPresets),
                                   [&](const Preset& each) { return each.name == name; });
  constexpr std::string_view kBenign = "benign-";
  if (preset == std::end(kPresets)) {
    if (!name.starts_with(kBenign)) {
      throw SpecError(std::string(name) + ": not a preset; --list names them");
    }
    if (request.duration.count == 0) request.duration = whole_seconds(10);
    request.benign.push_back({std::string(name.substr(kBenign.size())), 20'000});
    return;
  }
  if (request.duration.count == 0) request.duration = preset->duration;
  preset->apply(request);
}

}  // namespace floodgauge::trafficgen
