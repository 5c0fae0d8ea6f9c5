// What a window knows of frames that come twice, and what was decided about them.
#pragma once

#include <cstdint>

namespace floodgauge {

/// Counted by each worker, and added up by the merge. Of flows with a protected address.
struct DuplicateCounts {
  std::uint64_t copies = 0;           ///< frames that came within 1 ms before
  std::uint64_t compared = 0;         ///< frames that were compared with those before them
  std::uint64_t answered_flows = 0;   ///< flows whose other side sent for the first time
  std::uint64_t answered_copied = 0;  ///< of these, flows that had a copy before
  std::uint64_t no_room = 0;          ///< copies that were counted, for want of room in the log

  DuplicateCounts& operator+=(const DuplicateCounts& other) {
    copies += other.copies;
    compared += other.compared;
    answered_flows += other.answered_flows;
    answered_copied += other.answered_copied;
    no_room += other.no_room;
    return *this;
  }
};

}  // namespace floodgauge
