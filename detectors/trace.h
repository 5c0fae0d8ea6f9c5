// What the detectors compared with what, when they looked at one target. The rows of the table
// write it down while they judge, so that an explanation holds the very values and limits that
// decided, and no second copy of a condition.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "engine/base/units.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// A key of `thresholds`, `prefix_thresholds` or `outbound`.
using LimitMember = std::optional<double> Thresholds::*;

/// One comparison. The texts are literals.
struct Measured {
  enum class Needs : std::uint8_t {
    above,     ///< of a key of the configuration: a flood is above the limit
    at_least,  ///< of a fixed condition: a flood has at least this
    at_most,   ///< of a fixed condition: a flood has at most this
  };

  std::string_view detector{};  ///< name of the table's row
  std::string_view measure{};   ///< a rate without its "_per_second"
  Vector vector = Vector::other;
  LimitMember key = nullptr;  ///< null: a fixed condition
  double value = 0;
  double limit = 0;
  Needs needs = Needs::above;
  bool met = false;  ///< as a flood has it
  /// Why packets were not counted, or why what is above the limit is no flood. Empty: no reason is
  /// needed.
  std::string_view why{};

  /// How near the value is to a limit that a flood exceeds; 0 where a flood has less.
  double near() const { return needs == Needs::at_most || limit <= 0 ? 0 : value / limit; }
};

class Trace {
 public:
  /// Comparisons that are written down of one look; further ones are not.
  static constexpr std::size_t kMost = 96;

  void clear() {
    rows_.clear();
    reason_ = {};
  }
  /// The row of the table that writes from now on.
  void begin(std::string_view detector) { detector_ = detector; }
  void add(Measured measured) {
    measured.detector = detector_;
    if (measured.why.empty()) measured.why = reason_;
    reason_ = {};
    if (rows_.size() < kMost) rows_.push_back(measured);
  }
  /// Why a part of the packets is not counted in the measure that comes next.
  void leave_out(std::string_view reason) { reason_ = reason; }
  /// Why the measure that came last is no flood.
  void refuse(std::string_view reason) {
    if (!rows_.empty()) rows_.back().why = reason;
  }
  const std::vector<Measured>& rows() const { return rows_; }

 private:
  std::string_view detector_;
  std::string_view reason_;
  std::vector<Measured> rows_;
};

/// One time that the detectors looked at a target.
struct Look {
  enum class Over : std::uint8_t { window, second, ten_seconds, sent };

  Over over = Over::window;
  Nanoseconds start{};
  double seconds = 0;
  bool flood_open = false;   ///< so that each limit is lowered to keep it open
  bool found = false;        ///< a detector called it a flood
  std::string left_alone{};  ///< why a rate above a limit is no flood
  std::vector<Measured> rows{};

  /// The largest Measured::near() of a limit of the configuration.
  double nearest() const;
};

}  // namespace floodgauge
