// What every conversation shares: the clock, the link that the capture is made at, the hosts on
// both sides, and how well the services inside are doing.
#pragma once

#include <string_view>

#include "bench/trafficgen/addresses.h"
#include "bench/trafficgen/bytes.h"
#include "bench/trafficgen/frame.h"
#include "bench/trafficgen/simulation.h"
#include "bench/trafficgen/truth.h"

namespace floodgauge::trafficgen {

enum class Service : std::uint8_t { dns, web, mail };

/// The border link: every packet passes it, and is written down unless the link is dark.
class BorderLink {
 public:
  /// `writer` null: packets are counted only.
  BorderLink(const Request& request, CaptureWriter* writer, Tally& total);

  /// Puts `frame` on the link at `now`. Packets before the capture's start pass without being
  /// written. False when a blackout swallowed it.
  bool send(Nanoseconds now, const Frame& frame, Tally& tally);
  /// Whether the packet sent last is in the capture.
  bool captured() const { return captured_; }

 private:
  bool dark(Nanoseconds now, const Frame& frame) const;
  bool in_view(const Frame& frame);

  const Request& request_;
  CaptureWriter* writer_;
  Tally& total_;
  std::int64_t resolution_;
  std::vector<EffectSpec> blackouts_;  ///< times absolute
  Rng sampler_;
  bool captured_ = false;
};

class World {
 public:
  World(const Request& request, CaptureWriter* writer, Tally& total, Nanoseconds begin);

  Nanoseconds now() const { return simulation.now(); }
  /// False when the link is dark, or what `tally` counts is over.
  bool send(const Frame& each, Tally& tally) {
    return !tally.over(now()) && link.send(now(), each, tally);
  }

  /// How much of what is asked for goes on now, with a rhythm; 1 without.
  double activity() const;
  /// Whether a service inside answers what it is asked now.
  bool answers(Service service, Rng& rng) const;
  /// A host outside of the clients' population, mostly IPv4.
  Endpoint outside(bool v6, std::uint16_t port, Rng& rng) const;
  /// One of them, always the same for a number below 60,000.
  Endpoint client(std::uint64_t number, bool v6, std::uint16_t port) const;
  bool draw_v6(Rng& rng) const;
  /// The same for long-lived flow number `number`: few of them still have the share asked for.
  bool flow_v6(std::uint32_t number) const;

  const Request& request;
  Simulation simulation;
  BorderLink link;
  InsidePlan inside;
  Frame frame;    ///< scratch: filled and sent without a pause in between
  Bytes scratch;  ///< the same, for payloads

 private:
  AddressPool clients_v4_;
  AddressPool clients_v6_;
};

}  // namespace floodgauge::trafficgen
