// Decides what a speaker should announce and withdraw: it compares the routes that open incidents
// ask for, within the policy, with the routes that stand.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/policy.h"
#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/export/bgp/route.h"

namespace floodgauge {

/// A rule that an incident proposes, with its receipt.
struct ProposedRule {
  std::string flowspec;
  std::optional<double> flood_share;     ///< of the flood's packets, that the rule takes; 0..1
  std::optional<double> answered_share;  ///< of the answered packets, that the rule takes; 0..1
};

/// What the announcer reads of an open flood.
struct OpenFlood {
  std::string id;
  PolicySeverity severity = PolicySeverity::low;
  IpPrefix target;
  bool outward = false;  ///< the target sends: rules match it as source
  bool quiet = false;    ///< nothing of the flood comes at this moment
  bool approved = false;
  double packets_per_second = 0;  ///< its peak
  double current_pps = 0;         ///< in the sensor's last window
  std::vector<ProposedRule> rules;
  bool advises_blackhole = false;
};

/// A route that was given to the speaker.
struct StandingRoute {
  Route route;
  std::string incident;
  Nanoseconds since;      ///< when it was announced
  Nanoseconds confirmed;  ///< when the sensor last reported its flood as open
  std::optional<Nanoseconds> quiet_since = {};
  unsigned returns = 0;                       ///< how often its flood came back after a withdrawal
  std::optional<double> promised_share = {};  ///< of the flood, by its receipt; 0..1
  std::optional<double> flood_pps = {};       ///< of the whole flood before it was announced
};

struct RouteStep {
  enum class What { announce, withdraw };
  What what = What::announce;
  Route route;
  std::string incident;
  std::string reason;
  std::optional<double> promised_share = {};
};

/// Why a flood has no route, or not all that it asks for.
struct HeldBack {
  std::string incident;
  std::string reason;
  bool operator==(const HeldBack&) const = default;
};

/// Used by one thread. All times are UTC, because they outlive the process in the journal.
class Reconciler {
 public:
  explicit Reconciler(Policy policy) : policy_(std::move(policy)) {}

  /// Routes of an earlier run, which may stand or not.
  void restore(std::vector<StandingRoute> standing) { standing_ = std::move(standing); }
  const std::vector<StandingRoute>& standing() const { return standing_; }

  /// The steps that are due. `floods`: all open floods; nothing when the sensor does not answer. A
  /// new rule comes before the withdrawal of the one that it replaces. Call done() for each step
  /// that the speaker has taken; the others come again.
  std::vector<RouteStep> plan(Nanoseconds now, const std::optional<std::vector<OpenFlood>>& floods);
  void done(const RouteStep& step, Nanoseconds now);
  /// Withdraws the route, and announces it no more before `until`.
  void reject(const std::string& route, std::string reason, Nanoseconds until);
  /// The route may be announced again.
  void accept(const std::string& route) { rejected_.erase(route); }
  /// Keeps the rate of a standing route's flood. True when it had none.
  bool note_flood_rate(const std::string& route, double pps);
  /// Of the last plan().
  const std::vector<HeldBack>& held_back() const { return held_back_; }

  /// Greatest number of withdrawn routes that are remembered, to notice floods that return.
  static constexpr std::size_t kMostRemembered = 1000;

 private:
  struct Wanted {
    Route route;
    std::string incident;
    std::optional<double> promised_share;
  };
  struct Rejected {
    std::string reason;
    Nanoseconds until;
  };
  struct Withdrawn {
    Nanoseconds at;
    unsigned returns = 0;
  };

  std::vector<Wanted> wanted_of(const OpenFlood& flood);
  void leave_out_rejected(std::vector<Wanted>& wanted);
  std::string place_refusal(const IpPrefix& target) const;
  /// Why the policy does not let a flood have routes; empty when it does.
  std::string refusal(const OpenFlood& flood) const;
  std::string refusal(const OpenFlood& flood, const ProposedRule& rule,
                      const FlowRule& parsed) const;
  std::string next_hop_for(const IpPrefix& target) const;
  std::optional<Route> blackhole_for(const OpenFlood& flood, std::string& refused) const;
  bool allows(RouteAction action) const;
  void refresh(Nanoseconds now, const std::vector<OpenFlood>& floods);
  std::string reason_to_withdraw(const StandingRoute& standing, Nanoseconds now,
                                 const std::vector<Wanted>* wanted) const;
  Nanoseconds least_stand(unsigned returns) const;
  void add_announcements(Nanoseconds now, const std::vector<Wanted>& wanted,
                         std::vector<RouteStep>& steps);
  void hold(const std::string& incident, std::string reason);
  StandingRoute* find(const std::string& text);
  void forget_old(Nanoseconds now);

  Policy policy_;
  std::vector<StandingRoute> standing_;
  std::map<std::string, Rejected> rejected_;    ///< by the route's text
  std::map<std::string, Withdrawn> withdrawn_;  ///< by the route's text
  std::deque<Nanoseconds> announced_at_;        ///< in the last minute
  std::vector<HeldBack> held_back_;
};

}  // namespace floodgauge
