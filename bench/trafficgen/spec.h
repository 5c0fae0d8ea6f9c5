// The request of the command line, and the parsers of its text.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/trafficgen/capture_writer.h"
#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/model/vector.h"

namespace floodgauge::trafficgen {

/// The text of the command line is wrong. what() names the text and what to write instead.
class SpecError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `mix=20kpps`, `backup=5kpps,start=2h,duration=30min`.
struct BenignSpec {
  std::string mix;
  double pps = 0;          ///< both directions
  Nanoseconds start{};     ///< from the start of the capture; 0: already running at its start
  Nanoseconds duration{};  ///< 0: until the end of the capture
};

/// Which directions are captured.
enum class View : std::uint8_t { both, inbound, outbound };

/// `tcp_syn:target=198.51.100.7,rate=50kpps,start=3s,duration=4s,...`
struct FloodSpec {
  Vector vector = Vector::udp;
  std::uint16_t reflection_port = 0;  ///< for reflection_port_N
  IpPrefix target;
  double pps = 50'000;
  Nanoseconds start;     ///< from the start of the capture
  Nanoseconds duration;  ///< 0: until the end of the capture
  Nanoseconds ramp;      ///< the rate rises linearly from 0 during this time
  Nanoseconds pulse_on;  ///< 0: no pulses
  Nanoseconds pulse_off;
  std::uint64_t sources = 0;  ///< distinct addresses; 0: default of the vector
  bool spoofed = false;       ///< a new source for each packet
  bool crowd = false;         ///< sources are clustered as real clients are, not evenly spread
  bool any_source = false;    ///< spoofed sources of 32 random bits, also impossible ones
  std::uint8_t ttl = 0;       ///< TTL of all packets, as of one sender; 0: each source has its own
  std::uint16_t port = 0;     ///< destination port; 0: default of the vector
  bool random_port = false;
  std::uint32_t size = 0;  ///< frame bytes; 0: default of the vector
  double answers = -1;     ///< share of packets that the target answers; negative: default

  std::string vector_name() const;
};

/// A server inside with a steady load: `dns:host=198.18.0.53,rate=40,response=1ms`.
struct ServerSpec {
  std::string service;  ///< dns, http, https or smtp
  IpAddress host;
  double per_second = 20;           ///< requests
  Nanoseconds response{1'000'000};  ///< usual time of an answer
};

/// An effect on a service: from `start` on for `duration` it answers only the share `answers` of
/// its requests. For the service "blackout", no packet to or from `target` passes the link.
struct EffectSpec {
  std::string service;  ///< dns, web, mail, server, demand or blackout
  double answers = 0;
  Nanoseconds start;
  Nanoseconds duration;
  Nanoseconds ramp;             ///< the share falls from 1 to `answers` over this time
  IpPrefix target;              ///< blackout only; length 0: all inside prefixes
  View direction = View::both;  ///< blackout only: what does not pass
  // Of a server:
  IpAddress host;
  std::string of;     ///< its service
  Nanoseconds delay;  ///< its answers come so much later
};

/// The complete description of a capture. Equal requests give equal files.
struct Request {
  std::string out;
  CaptureFormat format = CaptureFormat::pcap_nanoseconds;
  std::uint64_t seed = 1;
  Nanoseconds start;
  Nanoseconds duration = whole_seconds(10);
  std::uint32_t snaplen = 262144;
  double limit_pps = 50'000;
  double ipv6_share = 0.15;
  View view = View::both;
  std::uint32_t sample = 1;  ///< one packet in `sample` is captured, at random
  double asymmetric = 0;     ///< share of host pairs with one direction on another link
  Nanoseconds skip;          ///< the beginning of the traffic that is not captured
  bool rhythm = false;       ///< sessions follow the hours of the day and the days of the week
  std::vector<IpPrefix> inside;
  std::vector<BenignSpec> benign;
  std::vector<ServerSpec> servers;
  std::vector<FloodSpec> floods;
  std::vector<EffectSpec> effects;
};

/// "3s", "250ms", "2min": a number and a unit of ns, us, ms, s, min, h.
Nanoseconds parse_duration(std::string_view text);
/// "50kpps", "1.5Mpps", "800pps".
double parse_rate(std::string_view text);
/// An RFC 3339 time with "Z" and an optional fraction.
Nanoseconds parse_time(std::string_view text);
IpPrefix parse_prefix(std::string_view text);
BenignSpec parse_benign(std::string_view text);
FloodSpec parse_flood(std::string_view text);
ServerSpec parse_server(std::string_view text);
EffectSpec parse_effect(std::string_view text);

}  // namespace floodgauge::trafficgen
