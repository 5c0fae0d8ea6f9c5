// The book of incidents: it numbers them, tells the listener when one is opened, updated, escalated
// or closed, and closes each when nothing has been found of it for as long as its hold.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "detectors/ongoing_incident.h"
#include "detectors/refused_targets.h"
#include "engine/base/units.h"
#include "engine/classify/signature_set.h"
#include "engine/model/incident.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

using IncidentListener =
    std::function<void(Nanoseconds time, Transition transition, const Incident& incident)>;

class IncidentBook {
 public:
  struct Key {
    IncidentKind first;
    IpPrefix second;
    Direction direction = Direction::in;
    std::string service{};  ///< of an impact

    auto operator<=>(const Key&) const = default;
  };

  explicit IncidentBook(IncidentListener listener,
                        std::shared_ptr<const SignatureSet> signatures = nullptr)
      : listener_(std::move(listener)), signatures_(std::move(signatures)) {}
  /// Signatures are counted by their index in the set: with another set, these counts are cleared.
  void reload(std::shared_ptr<const SignatureSet> signatures);

  /// Calls `complete` with each incident whenever it was rendered, to add what detection does not
  /// know. Before the first incident.
  void complete_with(std::function<void(Incident&)> complete) { complete_ = std::move(complete); }
  /// Says where the packets of an open or closed incident were written.
  void note_evidence(const std::string& id, const EvidenceFile& file);
  /// The first incident gets the number after `last`: numbers go on over a restart.
  void continue_after(std::uint32_t last) { number_ = last; }

  /// nullptr when none is open. Costs little when no incident has a target of that length: in a
  /// flood over very many hosts, each window asks for every one of the hosts.
  OngoingIncident* find(IncidentKind kind, const IpPrefix& target) { return lookup(kind, target); }
  const OngoingIncident* find(IncidentKind kind, const IpPrefix& target) const {
    return lookup(kind, target);
  }
  OngoingIncident* flood_on(const IpPrefix& target) { return find(IncidentKind::flood, target); }
  const OngoingIncident* flood_on(const IpPrefix& target) const {
    return find(IncidentKind::flood, target);
  }
  /// The impact on a service of a server or a prefix.
  OngoingIncident* impact_on(const IpPrefix& target, const std::string& service) {
    const auto at = ongoing_.find({IncidentKind::impact, target, Direction::in, service});
    return at == ongoing_.end() ? nullptr : at->second.get();
  }
  /// The flood on a target or, with Direction::out, the flood that it sends.
  OngoingIncident* flood_of(const IpPrefix& target, Direction direction) const {
    return lookup(IncidentKind::flood, target, direction);
  }
  /// Opens an incident and gives it the next number. Its listener is told by announce(). At most
  /// kMostOpen are open at the end of a window. Beyond that, an incident whose `ratio` (of its
  /// greatest value to its limit) is at least kDisplaces times that of the least open flood
  /// displaces that one, which is closed at the end of the window. What is no flood always does.
  /// Otherwise it returns nullptr and counts in not_opened(), once for each target while this
  /// lasts.
  OngoingIncident* open(const Incident& first, const UsualRates& usual, std::size_t sources,
                        double ratio = kAlwaysOpens);
  /// Tells the listener that the incident is opened. Call it after its first window was added.
  void announce(OngoingIncident& ongoing, Nanoseconds now);
  /// Takes back a flood that was opened and not announced.
  void discard(const IpPrefix& target, Direction direction = Direction::in);
  /// Gives an open flood a wider target; its id and its number stay. The flood on the wider target,
  /// if there is one, stays as it is, and nothing is changed.
  void widen(OngoingIncident& flood, const IpPrefix& target);
  /// Tells the listener that something of note has changed.
  void tell(OngoingIncident& ongoing, Nanoseconds now);
  /// Tells the listener that the rules against a flood have changed (Incident::rules_change).
  void tell_rules(OngoingIncident& ongoing, Nanoseconds now);
  /// Sets the share (0..1) of packets that are lost before they are counted. Open incidents and
  /// those opened from now on show the greatest share of their time.
  void note_losses(double ratio);
  /// Ends a window at `now`: closes incidents whose hold is over, and tells the listener of those
  /// that escalate or that it has not been told of for ten seconds.
  void end_window(Nanoseconds now);
  /// Closes the floods whose hold is over at `now`: what is found from then on is another flood.
  void close_ended_floods(Nanoseconds now);
  /// Closes everything that is open: nothing was captured from `since`, the last packet, until
  /// `now`. Whether a flood went on meanwhile is not known.
  void close_at_gap(Nanoseconds since, Nanoseconds now);
  /// Closes everything that is open, with a note: the daemon stops.
  void close_all(Nanoseconds now, const std::string& note);

  /// One packet in so many arrives: an absolute rate is `sampling` times what is counted.
  void scale_rates(std::uint32_t sampling) { sampling_ = sampling; }
  bool any_open() const { return !ongoing_.empty(); }
  /// Whether one of that kind is open.
  bool any_open(IncidentKind kind) const {
    // The keys are ordered by kind first.
    const auto at = ongoing_.lower_bound({.first = kind, .second = {}});
    return at != ongoing_.end() && at->first.first == kind;
  }
  bool is_full() const { return ongoing_.size() >= kMostOpen; }
  const std::map<Key, std::unique_ptr<OngoingIncident>>& ongoing() const { return ongoing_; }
  /// Open and closed ones, by start, then target.
  std::vector<std::shared_ptr<const Incident>> all() const;
  const std::map<std::pair<IncidentKind, std::string>, std::uint64_t>& totals() const {
    return totals_;
  }
  std::uint64_t not_opened() const { return refused_.total(); }
  /// Floods that were closed early for larger incidents.
  std::uint64_t displaced() const { return displaced_; }
  /// Closed incidents that were forgotten because kMostClosed later ones are kept.
  std::uint64_t forgotten() const { return forgotten_; }

  static constexpr std::size_t kMostOpen = 2000;
  static constexpr std::size_t kMostClosed = 10000;
  /// With less, floods of about the same size would displace each other in turn.
  static constexpr double kDisplaces = 2;
  static constexpr double kAlwaysOpens = std::numeric_limits<double>::infinity();

 private:
  bool make_room(double ratio);
  void rank_floods();
  void close_displaced(Nanoseconds now);
  template <typename Which>
  void close_expired(Nanoseconds now, const Which& which);
  OngoingIncident* lookup(IncidentKind kind, const IpPrefix& target,
                          Direction direction = Direction::in) const;
  void close(OngoingIncident& ongoing, Nanoseconds now);
  void render(OngoingIncident& ongoing) const;
  void judge_severity(OngoingIncident& ongoing, Nanoseconds now);
  static void note_quiet(OngoingIncident& ongoing, Nanoseconds now);

  IncidentListener listener_;
  std::shared_ptr<const SignatureSet> signatures_;
  std::function<void(Incident&)> complete_;
  std::map<Key, std::unique_ptr<OngoingIncident>> ongoing_;
  std::array<std::uint32_t, 129> ongoing_of_length_{};  ///< by the length of their targets
  std::vector<std::shared_ptr<const Incident>> closed_;
  std::map<std::pair<IncidentKind, std::string>, std::uint64_t> totals_;
  std::uint32_t number_ = 0;
  double loss_ratio_ = 0;  ///< share of packets lost now, 0..1
  RefusedTargets refused_;
  /// While the book is full: the floods as they were ranked in this window, the least last.
  std::vector<Key> ranked_;
  bool is_ranked_ = false;
  std::uint64_t displaced_ = 0;
  std::uint64_t forgotten_ = 0;
  double sampling_ = 1;
};

/// The severity of a flood, by the greatest value per limit of its findings and by its peak bits/s.
Severity severity_of(double worst_ratio, double peak_bps);

}  // namespace floodgauge
