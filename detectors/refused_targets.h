// Counts the targets that a bound keeps out, each once while it is kept out in window after window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

#include "engine/base/address.h"

namespace floodgauge {

class RefusedTargets {
 public:
  /// Targets that are told apart in one window; further ones are counted each time.
  static constexpr std::size_t kMost = 16384;

  /// Notes that a target was refused in this window.
  void note(const IpPrefix& target) {
    if (now_.size() >= kMost) {
      ++total_;
      return;
    }
    if (now_.insert(target).second && !before_.contains(target)) ++total_;
  }
  void end_window() {
    before_.swap(now_);
    now_.clear();
  }
  std::uint64_t total() const { return total_; }

 private:
  std::set<IpPrefix> now_;
  std::set<IpPrefix> before_;
  std::uint64_t total_ = 0;
};

}  // namespace floodgauge
