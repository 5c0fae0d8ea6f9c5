// Outages: a server that stops answering gets more SYNs than before, though nobody attacks it,
// since its clients try again. TCP repeats a SYN after 1 s, then after twice the time before (RFC
// 6298, section 2 and 5.5), with the same ports and sequence number: the flow is the same. What
// tells a flood is new flows, many more than there were while the server answered.
#pragma once

#include "detectors/target_counts.h"
#include "engine/base/units.h"

namespace floodgauge {

struct TargetView;
struct TargetSummary;

/// The rate at which new connections were opened to a target while it answered. Remembered through
/// an outage.
class ServedRate {
 public:
  /// Takes a second of a target that had no flood.
  void learn(const TargetCounts& counts, double seconds);
  /// Flows opened a second; 0: the target was never seen to answer.
  double value() const { return rate_; }
  /// Whether the target was only seen to speak, and few of its handshakes to be completed: a sample
  /// of all packets.
  bool sampled() const { return sampled_; }

 private:
  double rate_ = 0;
  bool sampled_ = false;
};

/// SYNs that begin a flow.
double fresh_syns(const TargetCounts& counts);

/// True when the SYNs are those of the usual clients, who try again because nobody answers.
bool is_outage(const TargetView& view);

/// True when several sources each tried several ports, once each: a scan that is shared out.
bool is_shared_scan(const TargetSummary& summary);

}  // namespace floodgauge
