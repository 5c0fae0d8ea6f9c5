// Floods that a protected host sends out of its prefix: a machine that somebody else commands, or a
// service that forged questions abuse as a reflector. What the host sends is judged as what a
// target receives is, with the limits of `outbound`. An ordinary host is answered, so that what
// nobody answers is what counts; of an abused service, whose flows look answered, it is the size of
// its answers and the few who get them.
#pragma once

#include "detectors/detector.h"

namespace floodgauge {

/// What is known of one sender in one window. The counts are mirrored: see
/// TargetCounts::add_mirrored(). The sources of the summary are the receivers.
struct SenderView {
  TargetView view;
  /// Whether packets to its prefix are visible at all. Otherwise nothing that it sends can be seen
  /// to be answered.
  bool inbound_seen = true;
};

/// The flood that a sender is part of, as far as it goes over a limit.
void check_sender(const SenderView& sender, Verdict& verdict);

/// The service, a reflection, whose large answers are a flood: at least `least` packets, and most
/// of them for few networks. Vector::udp when they are none. `sent` are the sender's large answers.
Vector reflecting_service(const Volume& sent, double least, const TargetSummary* receivers);

}  // namespace floodgauge
