// What traffic tells of the services behind it, second by second: whether they still answer,
// whether a prefix still carries traffic, and whether the link is full. Services and prefixes are
// watched only where prefixes are named; where everything is protected, nobody can say whose
// silence it is.
//
// A service is impaired when it sends fewer answers than usual although as many requests come as
// usual. It is not impaired because it answers only a part of the requests: a flood of spoofed
// requests must not make a service look bad that serves its clients.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "config/settings.h"
#include "engine/merge/network_window.h"
#include "engine/model/incident.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// Something that is wrong, in the second that has just ended and in at least one second before it.
struct Symptom {
  IncidentKind kind = IncidentKind::impact;
  std::uint32_t prefix = 0;  ///< number of the prefix; kLink: the whole link
  Nanoseconds since;         ///< begin of the first second in which it was wrong
  Nanoseconds now;           ///< end of the last one
  Evidence evidence;
  std::optional<Effect> effect;
  double pps = 0;  ///< packets/s of the direction, or requests/s of the service
  double bps = 0;

  static constexpr std::uint32_t kLink = 0xffffffffu;
};

class Effects {
 public:
  explicit Effects(const PrefixRegistry& registry) : registry_(registry) {}

  /// Adds a window. When a second is over, returns what is wrong; what lasts is returned again each
  /// second.
  std::vector<Symptom> on_window(const NetworkWindow& window, const Settings& settings);

  /// The worst that was seen of the services of a prefix since begin_effect(), for the service that
  /// lost the greatest share of its answers. Empty when nothing is known of any.
  std::optional<Effect> effect_on(std::uint32_t prefix) const;
  /// Forgets the worst so far. Call it when a flood begins in the prefix.
  void begin_effect(std::uint32_t prefix);

  static constexpr std::size_t kMostPrefixes = 16384;

 private:
  /// A rate and what is usual for it.
  struct Rate {
    double sum = 0;    ///< of the running second
    double usual = 0;  ///< exponentially weighted mean of seconds, each second

    /// Ends the running second; returns its rate.
    double close(double seconds) { return std::exchange(sum, 0) / seconds; }
    void learn(double rate, double memory) { usual += (rate - usual) / memory; }
  };
  struct ServiceWatch {
    Rate requests;
    Rate answers;
    double response_sum = 0;       ///< seconds; of the running second's response times
    std::uint32_t responses = 0;   ///< number of these
    double usual_response = 0;     ///< seconds
    std::uint32_t known = 0;       ///< seconds that were learnt
    std::uint32_t bad = 0;         ///< seconds in a row that were impaired
    Nanoseconds since;             ///< begin of the first of them
    double recent_answers = 0;     ///< smoothed over kSmooth seconds
    double recent_requests = 0;    ///< smoothed over kSmooth seconds
    std::optional<Effect> effect;  ///< the worst since begin_effect()
  };
  struct DirectionWatch {
    Rate packets;
    Rate hosts;               ///< the sum over a second's windows of the hosts in each window
    std::uint32_t known = 0;  ///< seconds that were learnt
    std::uint32_t bad = 0;    ///< seconds in a row that were dark
    Nanoseconds since;        ///< begin of the first of them
  };
  struct PrefixWatch {
    IpPrefix of;  ///< the prefix; a reload may give its number to another one
    std::array<ServiceWatch, kServices> services;
    DirectionWatch in;
    DirectionWatch out;
  };
  /// A second that is over.
  struct Second {
    Nanoseconds begin;
    Nanoseconds end;
    double seconds;               ///< its length
    std::vector<Symptom>* found;  ///< where symptoms are added
  };

  void add(const NetworkWindow& window);
  void close_second(const Second& second, const Settings& settings);
  static void note_effect(ServiceWatch& watch, std::optional<double> response);
  static void close_service(ServiceWatch& watch, std::size_t service, std::uint32_t prefix,
                            const Second& second);
  static void close_direction(DirectionWatch& watch, const char* measure, std::uint32_t prefix,
                              const Second& second);
  void close_link(const Second& second, const LinkSettings& link);

  const PrefixRegistry& registry_;
  std::map<std::uint32_t, PrefixWatch> watches_;
  // The link, inbound and outbound.
  std::array<double, 2> link_bits_{};         ///< of the running second
  std::array<double, 2> link_packets_{};      ///< of the running second
  std::array<std::uint32_t, 2> link_full_{};  ///< seconds in a row that were saturated
  std::array<Nanoseconds, 2> link_since_{};   ///< begin of the first of them
  std::optional<Nanoseconds> second_start_;
};

}  // namespace floodgauge
