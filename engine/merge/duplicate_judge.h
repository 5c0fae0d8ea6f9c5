// Decides for each window whether its copies (count/duplicates.h) come from a mirror that delivers
// frames twice, or are a flood of equal packets.
//
// A mirror copies conversations as often as anything else. Of the flows that were answered lately,
// the share that had shown a copy until then must be at least half the share of copies among all
// frames that were compared, and at least 5 %. At least 8 flows must have been answered, and 3 of
// them shown a copy. A flow counts once, however many packets it has: so that equal packets poured
// into a few answered flows do not look like a mirror.
#pragma once

#include <cstdint>

#include "config/settings.h"
#include "engine/model/duplicates.h"

namespace floodgauge {

class DuplicateJudge {
 public:
  explicit DuplicateJudge(DuplicateMode mode) : mode_(mode) {}

  struct Verdict {
    bool leave_out = false;    ///< copies are not counted
    std::uint64_t copies = 0;  ///< frames that are told to be copies
  };
  /// For the next window, with the counts of all workers. The copies of windows before anything was
  /// known are told with the first window of which it is.
  Verdict judge(const DuplicateCounts& window);

 private:
  bool is_mirror() const;

  DuplicateMode mode_;
  // Of the last windows: the weight of a window falls by a twentieth with each later one.
  double answered_ = 0;
  double answered_copied_ = 0;
  double compared_ = 0;
  double copies_ = 0;
  std::uint64_t undecided_ = 0;  ///< copies of windows before the first decision
  bool decided_ = false;
};

}  // namespace floodgauge
