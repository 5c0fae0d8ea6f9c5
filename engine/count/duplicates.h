// Finds frames that come twice. A mirror of both sides of a router, or of two VLANs, delivers each
// frame again within microseconds, with other MAC addresses, tags or a TTL less. Counted twice, a
// crowd looks like a flood.
//
// A copy is a frame that came within 1 ms before (recent_frames.h), alike but for what
// frame_print.h leaves out. A retransmission is none: it comes later, or with another IP
// identification. At most one copy a frame is found. But a flood may consist of equal datagrams,
// each of which looks like a copy of the one before. What tells the two apart is not in the frames
// of the flood: a mirror copies the conversations beside it just as often. So nothing is decided
// here.
//
//   worker   A copy goes through all stages, and changes the state of no flow. Where it would be
//            counted it is put into the window's CopyLog instead. The worker also counts how many
//            flows were answered, and how many of them had shown a copy until then.
//   merge    merge/duplicate_judge.h decides for the whole window: copies are left out, or put
//   back.
//
// Both directions of a flow are one worker's, and a flow's copies are found by the flow alone.
// Therefore neither the copies nor the decision depends on the number of workers.
//
// What it costs while no copies come: each packet that takes all stages is compared. Packets in the
// middle of answered flows leave by the known-flow fast path, and are compared only if their flow
// has shown a copy, which is a bit of its entry. The first packets of every flow take all stages,
// so that a mirror shows at once.
#pragma once

#include <cstdint>

#include "config/settings.h"
#include "engine/count/counted_burst.h"
#include "engine/count/recent_frames.h"
#include "engine/count/worker_window.h"

namespace floodgauge {

class Duplicates {
 public:
  Duplicates(DuplicateMode mode, FlowTable& flows)
      : is_on_(mode != DuplicateMode::off), flows_(flows) {}

  bool is_on() const { return is_on_; }

  /// Before the known-flow fast path counts: compares the packets of `known`, whose flow handles
  /// are set, that are of flows with copies. Adds the copies to burst.copies and returns them.
  std::uint32_t find_in_known(CountedBurst& burst, std::uint32_t known);

  /// After the fast path, once all flows are hashed: compares the remaining packets.
  void find_in_remaining(CountedBurst& burst);

  /// After the lookup of flows: notes which flows have copies, and counts.
  void note_flows(CountedBurst& burst, WorkerWindow& window);

  void prefault() {
    if (is_on_) recent_.prefault();
  }
  std::size_t memory_bytes() const { return recent_.memory_bytes(); }

 private:
  bool is_copy(const CountedBurst& burst, std::uint16_t i);
  void note_copy(const CountedBurst& burst, std::uint16_t i, DuplicateCounts& counts);

  const bool is_on_;
  FlowTable& flows_;
  RecentFrames recent_;
};

}  // namespace floodgauge
