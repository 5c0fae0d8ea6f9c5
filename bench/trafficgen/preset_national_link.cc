// The link of a small country: two /22 and an IPv6 /40, with the servers that everybody uses. All
// addresses are for documentation and benchmarks (RFC 2544, RFC 3849).
#include <cmath>
#include <string>

#include "bench/trafficgen/presets.h"

namespace floodgauge::trafficgen {
namespace {

constexpr const char* kNames = "198.18.2.53";
constexpr const char* kNames2 = "198.18.2.54";
constexpr const char* kAirline = "198.18.6.20";

Nanoseconds part(const Request& request, double share) {
  return {std::llround(static_cast<double>(request.duration.count) * share)};
}

void begin(Request& request) {
  request.inside = {parse_prefix("198.18.0.0/22"), parse_prefix("198.18.4.0/22"),
                    parse_prefix("2001:db8:100::/40")};
  request.benign.push_back({"mix", 300});
  for (const char* server :
       {"dns:host=198.18.2.53,rate=60,response=1ms", "dns:host=198.18.2.54,rate=60,response=1ms",
        "dns:host=2001:db8:100:2::53,rate=30,response=1ms",
        "http:host=198.18.2.81,rate=30,response=6ms", "https:host=198.18.2.43,rate=30,response=5ms",
        "https:host=198.18.2.44,rate=30,response=5ms",
        "https:host=198.18.2.45,rate=30,response=5ms",
        "smtp:host=198.18.2.26,rate=25,response=30ms",
        "https:host=198.18.6.20,rate=30,response=8ms",
        "dns:host=198.18.6.53,rate=40,response=2ms"}) {
    request.servers.push_back(parse_server(server));
  }
}

/// `from` and `to` are shares of the duration of the capture.
void effect(Request& request, const std::string& text, double from, double to) {
  EffectSpec spec = parse_effect(text);
  spec.start = part(request, from);
  spec.duration = part(request, to - from);
  request.effects.push_back(spec);
}

void server(Request& request, const std::string& host, const std::string& service,
            const std::string& how, double from, double to) {
  effect(request, "server:host=" + host + ",of=" + service + "," + how, from, to);
}

void flood(Request& request, const std::string& text, double from, double to) {
  FloodSpec spec = parse_flood(text);
  spec.start = part(request, from);
  spec.duration = part(request, to - from);
  request.floods.push_back(spec);
}

}  // namespace

void national_link(Request& request) {
  begin(request);
  // An ordinary restart before.
  server(request, kAirline, "https", "answers=0", 0.150, 0.171);
  // The first wave: the name servers slow down and fall silent.
  flood(request, std::string("reflection_dns:target=") + kNames + ",rate=7kpps", 0.25, 0.46);
  server(request, kNames, "dns", "answers=1,delay=310ms", 0.26, 0.30);
  server(request, kNames, "dns", "answers=0", 0.30, 0.60);
  server(request, kNames2, "dns", "answers=0", 0.30, 0.52);
  // The second wave: web and mail.
  flood(request, "tcp_syn:target=198.18.2.43,rate=8kpps,answers=0", 0.36, 0.46);
  for (const char* portal : {"198.18.2.43", "198.18.2.44", "198.18.2.45"}) {
    server(request, portal, "https", "answers=0", 0.37, 0.62);
  }
  server(request, "198.18.2.26", "smtp", "answers=0.4", 0.40, 0.66);
  server(request, "198.18.2.81", "http", "answers=1,delay=700ms", 0.41, 0.48);
  // Nothing passes, and parts come back.
  effect(request, "blackout", 0.70, 0.78);
  // The third wave: the second network's answers do not get out.
  flood(request, std::string("udp:target=") + kAirline + ",rate=30kpps", 0.85, 0.90);
  effect(request, "blackout:target=198.18.4.0/22,direction=out", 0.86, 0.92);
}

void national_link_quiet(Request& request) {
  begin(request);
  server(request, kAirline, "https", "answers=0", 0.150, 0.171);
  server(request, "198.18.2.26", "smtp", "answers=0", 0.30, 0.325);
  effect(request, "demand:answers=0.25", 0.40, 0.65);
  server(request, kNames, "dns", "answers=0", 0.75, 0.775);
}

}  // namespace floodgauge::trafficgen
