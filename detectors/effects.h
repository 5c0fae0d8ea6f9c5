// Silence and fullness, second by second: whether a protected prefix, and the whole link, still
// carries traffic in each direction, and whether the link is full. Prefixes are watched only where
// they are named; where everything is protected, nobody can say whose silence it is.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "engine/merge/network_window.h"
#include "engine/model/incident.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// Something that is wrong, in the second that has just ended and in at least one second before it.
struct Symptom {
  IncidentKind kind = IncidentKind::blackout;
  std::uint32_t prefix = 0;  ///< number of the prefix; kLink: the whole link
  std::optional<Dark> dark;  ///< of a blackout: what is missing
  Nanoseconds since;         ///< when it began
  Nanoseconds now;           ///< end of the last second in which it was wrong; or when it ended
  bool over = false;         ///< it ended at `now`
  std::vector<Evidence> evidence;
  /// Of saturation: the share of the ordinary packets that were usual before and are missing now.
  /// An estimate of what is lost, since senders slow down when they lose packets.
  std::optional<double> lost_share;
  double pps = 0;  ///< packets/s of the direction
  double bps = 0;

  static constexpr std::uint32_t kLink = 0xffffffffu;
};

class Effects {
 public:
  explicit Effects(const PrefixRegistry& registry) : registry_(registry) {}

  /// Adds a window. When a second is over, returns what is wrong; what lasts is returned again each
  /// second, and once when it is over.
  std::vector<Symptom> on_window(const NetworkWindow& window, const Settings& settings);
  /// Sets in which prefixes (by number) a flood is open: what comes there is not learnt as usual.
  void freeze(std::set<std::uint32_t> flooded) { flooded_ = std::move(flooded); }

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
  struct DirectionWatch {
    Rate packets;
    Rate hosts;    ///< the sum over a second's windows of the hosts in each window
    Rate sources;  ///< the same of the sources; 0 outbound
    /// Outbound: PrefixWindow::senders of these ten seconds and of the ten before.
    std::array<std::uint64_t, 2> senders{};
    std::uint32_t senders_for = 0;    ///< seconds of senders[0]
    std::uint32_t known = 0;          ///< seconds that were learnt
    std::uint32_t bad = 0;            ///< seconds in a row that were dark
    Nanoseconds since;                ///< when it became dark
    std::optional<Nanoseconds> lit;   ///< end of the last window with traffic as usual
    std::optional<Nanoseconds> back;  ///< while dark: begin of the first window with traffic again
    bool told = false;                ///< a symptom was returned
    bool is_dark() const { return bad >= 2; }
    void close_senders();
    int distinct_senders() const { return std::popcount(senders[0] | senders[1]); }
  };
  struct PrefixWatch {
    IpPrefix of;  ///< the prefix; a reload may give its number to another one
    std::array<DirectionWatch, 2> directions;  ///< in, out
  };
  /// A second that is over.
  struct Second {
    Nanoseconds begin;
    Nanoseconds end;
    double seconds;               ///< its length
    std::vector<Symptom>* found;  ///< where symptoms are added
  };
  /// What closing a second says of a direction.
  struct Closed {
    bool watched = false;
    bool dark = false;
    bool over = false;
    /// Nothing came, in a direction with too few hosts to be watched alone: when the other one is
    /// dark, this one is too.
    bool quiet = false;
    double packets = 0;  ///< packets/s
    double limit = 0;    ///< packets/s
    Nanoseconds since;
    Nanoseconds end;  ///< if it is over
  };

  void add(const NetworkWindow& window);
  static void add_direction(DirectionWatch& watch, const Volume& volume, double hosts,
                            double sources, const NetworkWindow& window);
  void close_second(const Second& second, const Settings& settings);
  static Closed close_direction(DirectionWatch& watch, const Second& second, bool flooded);
  static void tell(const std::array<Closed, 2>& closed, std::uint32_t prefix, const Second& second);
  void close_saturation(const Second& second, const LinkSettings& link);
  void close_dark_link(const std::vector<std::array<Closed, 2>>& prefixes, const Second& second);

  const PrefixRegistry& registry_;
  std::map<std::uint32_t, PrefixWatch> watches_;
  // The link, inbound and outbound.
  std::array<double, 2> link_bits_{};         ///< of the running second
  std::array<double, 2> link_packets_{};      ///< of the running second
  std::array<Rate, 2> link_ordinary_{};       ///< packets/s of connections and answered datagrams
  std::uint32_t link_known_ = 0;              ///< seconds that were learnt of it
  std::array<std::uint32_t, 2> link_full_{};  ///< seconds in a row that were saturated
  std::array<Nanoseconds, 2> link_since_{};   ///< begin of the first of them
  std::array<bool, 2> link_dark_{};           ///< all prefixes are dark
  Rate unprotected_;                          ///< packets/s of others on the link
  std::optional<Nanoseconds> second_start_;
  std::set<std::uint32_t> flooded_;  ///< prefixes, by number
};

}  // namespace floodgauge
