// What traffic tells of the services behind it, second by second: whether they still answer,
// whether a prefix still carries traffic at all, whether the link is full. For protected prefixes
// that are named; where everything is protected there is no telling whose silence it is.
//
// Spoofed requests must not make a service look bad that serves its clients: a service is impaired
// when fewer answers leave it than usual although no fewer requests come, not when more requests
// come than it answers.
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

/// Something that is wrong in the second that has just ended, for the second second at least.
struct Symptom {
  IncidentKind kind = IncidentKind::impact;
  std::uint32_t prefix = 0;  ///< kLink: the whole link
  Nanoseconds since;         ///< begin of the first second of it
  Nanoseconds now;
  Evidence evidence;
  std::optional<Effect> effect;
  double pps = 0;  ///< of the direction or the service that is meant
  double bps = 0;

  static constexpr std::uint32_t kLink = 0xffffffffu;
};

class Effects {
 public:
  explicit Effects(const PrefixRegistry& registry) : registry_(registry) {}

  /// Takes in a window; what is wrong when a second is over, each second anew.
  std::vector<Symptom> on_window(const NetworkWindow& window, const Settings& settings);

  /// The worst that was seen of the services of a prefix since begin_effect(); empty when nothing
  /// is known of them. Of several services the one that lost most.
  std::optional<Effect> effect_on(std::uint32_t prefix) const;
  /// Forgets the worst: a flood has begun.
  void begin_effect(std::uint32_t prefix);

  static constexpr std::size_t kMostPrefixes = 16384;

 private:
  /// A rate and what is usual for it.
  struct Rate {
    double sum = 0;  ///< of the running second
    double usual = 0;

    double close(double seconds) { return std::exchange(sum, 0) / seconds; }
    void learn(double rate, double memory) { usual += (rate - usual) / memory; }
  };
  struct ServiceWatch {
    Rate requests;
    Rate answers;
    double response_sum = 0;
    std::uint32_t responses = 0;
    double usual_response = 0;
    std::uint32_t known = 0;  ///< seconds that were as usual
    std::uint32_t bad = 0;    ///< seconds in a row
    Nanoseconds since;
    double recent_answers = 0;  ///< smoothed over kSmooth seconds
    double recent_requests = 0;
    std::optional<Effect> effect;  ///< the worst since begin_effect()
  };
  struct DirectionWatch {
    Rate packets;
    Rate hosts;  ///< a window's, summed up
    std::uint32_t known = 0;
    std::uint32_t bad = 0;
    Nanoseconds since;
  };
  struct PrefixWatch {
    IpPrefix of;  ///< a reload may give its number to another
    std::array<ServiceWatch, kServices> services;
    DirectionWatch in;
    DirectionWatch out;
  };
  struct Second {
    Nanoseconds begin;
    Nanoseconds end;
    double seconds;
    std::vector<Symptom>* found;
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
  std::array<double, 2> link_bits_{};  ///< in, out, of the running second
  std::array<double, 2> link_packets_{};
  std::array<std::uint32_t, 2> link_full_{};
  std::array<Nanoseconds, 2> link_since_{};
  std::optional<Nanoseconds> second_start_;
};

}  // namespace floodgauge
