// The state that all conversations share: the clock, the captured link, the hosts on both sides,
// and the state of the services inside.
#pragma once

#include <string_view>

#include "bench/trafficgen/addresses.h"
#include "bench/trafficgen/bytes.h"
#include "bench/trafficgen/frame.h"
#include "bench/trafficgen/simulation.h"
#include "bench/trafficgen/truth.h"

namespace floodgauge::trafficgen {

enum class Service : std::uint8_t { dns, web, mail };

/// How a server does at a moment.
struct ServerState {
  double answers = 1;  ///< share of the requests
  Nanoseconds delay;   ///< answers come so much later than usual
};

/// The border link. Every packet passes it and is captured, except in a blackout.
class BorderLink {
 public:
  /// `writer`: null if packets are only counted.
  BorderLink(const Request& request, CaptureWriter* writer, Tally& total);

  /// Sends `frame` over the link at `now`. Packets before the start of the capture pass, but are
  /// not written. False if a blackout dropped the packet.
  bool send(Nanoseconds now, const Frame& frame, Tally& tally);
  /// Whether the last packet that was sent is in the capture.
  bool captured() const { return captured_; }

 private:
  bool dark(Nanoseconds now, const Frame& frame) const;
  bool in_view(const Frame& frame);

  const Request& request_;
  CaptureWriter* writer_;
  Tally& total_;
  std::int64_t resolution_;
  std::vector<EffectSpec> blackouts_;  ///< with absolute times
  Rng sampler_;
  bool captured_ = false;
};

class World {
 public:
  World(const Request& request, CaptureWriter* writer, Tally& total, Nanoseconds begin);

  Nanoseconds now() const { return simulation.now(); }
  /// False in a blackout, or after the end of the traffic that `tally` counts.
  bool send(const Frame& each, Tally& tally) {
    return !tally.over(now()) && link.send(now(), each, tally);
  }

  /// With a rhythm, the share of the requested rate at this time of day and week; otherwise 1.
  double activity() const;
  /// Whether a service inside answers a request now.
  bool answers(Service service, Rng& rng) const;
  /// How a server of `Request::servers` does now.
  ServerState state_of(const ServerSpec& server) const;
  /// The share of the usual demand for these servers now.
  double demand() const;
  /// A random host outside, from the population of clients.
  Endpoint outside(bool v6, std::uint16_t port, Rng& rng) const;
  /// Client `number` (below 60,000) of that population, always with the same address.
  Endpoint client(std::uint64_t number, bool v6, std::uint16_t port) const;
  /// Whether the next conversation uses IPv6: at random, with the requested share.
  bool draw_v6(Rng& rng) const;
  /// Whether long-lived flow `number` uses IPv6. Even a few flows have the requested share.
  bool flow_v6(std::uint32_t number) const;

  const Request& request;
  Simulation simulation;
  BorderLink link;
  InsidePlan inside;
  Frame frame;    ///< scratch: to be filled and sent without a sleep in between
  Bytes scratch;  ///< the same for payloads

 private:
  AddressPool clients_v4_;
  AddressPool clients_v6_;
};

}  // namespace floodgauge::trafficgen
