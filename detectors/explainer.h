// Answers why a target is, or is not, called a flood: keeps what the detectors compared in the last
// look at each target that is asked for, and of the targets that came near a limit the nearest look
// of a day. It belongs to the merging thread, and everything in it is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "detectors/baseline.h"
#include "detectors/detector.h"
#include "detectors/trace.h"
#include "engine/base/address.h"
#include "engine/model/direction.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// What is known of one target.
struct Explanation {
  IpPrefix target{};
  std::uint32_t number = 0;  ///< of the protected prefix that it lies in
  IpPrefix prefix{};
  std::string name{};
  std::string profile{};          ///< name of the profile in force
  Profile limits{};               ///< of that profile, as they apply to the packets that arrive
  Nanoseconds now{};              ///< end of the window that was looked at; 0 before the first one
  std::vector<Look> looks{};      ///< of the window asked for: the window itself, then longer times
  std::string note{};             ///< why there is no look, or why a look decides nothing
  std::optional<Look> nearest{};  ///< the window of the last day that came nearest to a limit
  std::optional<Look> slow{};     ///< the last second or ten seconds in which a flood was found
  std::optional<Look> sent{};     ///< as `nearest`, of what it sends
  std::vector<UsualLook> usual{};  ///< of its prefix, in its last second
};

/// The targets that a text means: a host, a prefix, or the name of prefixes.
struct AskedTargets {
  static constexpr std::size_t kMost = 16;

  struct One {
    IpPrefix target{};
    std::uint32_t number = 0;  ///< of its protected prefix
  };
  std::string unknown{};  ///< why it means nothing; empty otherwise
  std::vector<One> targets{};
  std::size_t more = 0;  ///< prefixes of that name beyond kMost
};
AskedTargets targets_of(const std::string& text, const PrefixRegistry& registry);

/// What is answered to one question.
struct ExplainAnswer {
  std::string unknown{};  ///< why the text means no target; empty otherwise
  std::string failed{};   ///< why there is no answer; empty otherwise
  std::vector<Explanation> targets{};
  std::size_t more = 0;        ///< prefixes of that name that are left out
  std::uint32_t sampling = 1;  ///< one packet in so many arrived
};

class Explainer {
 public:
  static constexpr std::size_t kMostRemembered = 1024;
  /// A look is remembered from this share of a limit on.
  static constexpr double kNear = 0.1;
  static constexpr Nanoseconds kRemembered = whole_seconds(86'400);

  /// From now on the looks at these targets are kept, until forget_asked().
  void ask(const std::vector<AskedTargets::One>& targets);
  void forget_asked() { asked_.clear(); }
  bool any_asked() const { return !asked_.empty(); }
  bool is_asked(const IpPrefix& target) const { return asked_.contains(target); }
  /// Those asked for that nobody has looked at in this window, or over a longer time.
  std::vector<AskedTargets::One> unseen() const { return without({Look::Over::window}); }
  std::vector<AskedTargets::One> without_period() const {
    return without({Look::Over::second, Look::Over::ten_seconds});
  }

  /// An empty trace for the next look.
  Trace& begin() {
    trace_.clear();
    return trace_;
  }
  /// Takes what begin() has been filled with. `look` comes without rows.
  void take(const IpPrefix& target, Look look);
  /// Why a target that was asked for has no look, or none that decides.
  void note(const IpPrefix& target, std::string_view why);

  /// Fills in the looks and the note; of a target that is not asked for only what is remembered.
  void fill(Explanation& explanation) const;

 private:
  struct Asked {
    std::uint32_t number = 0;
    std::vector<Look> looks;
    std::string note;
  };
  struct Remembered {
    std::optional<Look> nearest, slow, sent;
    double rank = 0;  ///< in by_rank_

    std::optional<Look>& of(const Look& look);
  };

  std::vector<AskedTargets::One> without(const std::vector<Look::Over>& over) const;
  void remember(const IpPrefix& target, const Look& look, double near);

  Trace trace_;
  std::map<IpPrefix, Asked> asked_;
  std::map<IpPrefix, Remembered> remembered_;
  std::set<std::pair<double, IpPrefix>> by_rank_;  ///< those that came least near first
};

}  // namespace floodgauge
