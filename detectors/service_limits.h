// The limits by which a service is judged (service_watch.h).
#pragma once

#include <cstddef>

#include "engine/base/units.h"

namespace floodgauge::service_limits {

/// A service is judged over at least this time.
inline constexpr Nanoseconds kSpan = whole_seconds(1);
/// Of a connection that was accepted, an answer is awaited for this long.
inline constexpr Nanoseconds kPatienceWithin = whole_seconds(5);
/// Of all other requests: several times the usual 99th percentile, between these.
inline constexpr Nanoseconds kLeastPatience = milliseconds(500);
inline constexpr Nanoseconds kMostPatience = whole_seconds(1);
inline constexpr double kPatienceFactor = 8;
/// Answers are slow above so many times the usual median, above the usual 90th percentile by this
/// factor, and above the usual median by this time.
inline constexpr double kSlowFactor = 4;
inline constexpr double kSlowOfP90 = 1.25;
inline constexpr double kSlowSeconds = 0.02;
/// The service is slow when more than this share of its latest answers are slow.
inline constexpr double kSlowShare = 0.5;
/// It is silent when at most this share of the requests is answered.
inline constexpr double kSilentShare = 0.02;
/// It fails when less than this share of the usual ratio is answered, and the difference is beyond
/// this many standard deviations of the usual ratio.
inline constexpr double kFailingShare = 0.75;
inline constexpr double kDeviations = 4;
/// A service is judged some million times a week. It fails only where so few answers would come by
/// chance with a probability below exp(-kCertain), by Chernoff's bound ("A measure of asymptotic
/// efficiency for tests of a hypothesis based on the sum of observations", Annals of Mathematical
/// Statistics 23, 1952).
inline constexpr double kCertain = 16;
/// When the latest 20 requests do not decide, so many times as many are looked at.
inline constexpr double kMoreRequests[] = {2, 4};
/// The latest requests are well when at most this share of them, beyond the usual, is not fast.
inline constexpr double kGoodShare = 0.25;
inline constexpr double kGoodMargin = 0.15;
inline constexpr double kGoodRequests = 10;
inline constexpr Nanoseconds kGoodSpan = milliseconds(500);
/// An impact is over when the latest requests have been well for this long.
inline constexpr Nanoseconds kGoodFor = whole_seconds(2);
/// An impact is given up when nothing was asked for this long.
inline constexpr Nanoseconds kNobodyAsks = whole_seconds(600);
/// Clients that were not known ask in a flood when they ask this many times as often as usual, and
/// this many times a second more.
inline constexpr double kFloodFactor = 3;
inline constexpr double kFloodPerSecond = 100;
/// A flood asks, too, when this many connections a second more are accepted than completed, and
/// less than this share is completed: forged sources cannot complete a handshake (RFC 4987, section
/// 3).
inline constexpr double kForgedPerSecond = 100;
inline constexpr double kCompletedShare = 0.3;
/// Requests of known clients that are enough to say that a server still serves them.
inline constexpr double kLeastOfKnown = 10;
/// Seconds over which usual rates are averaged, at least and at most, and requests over which the
/// usual ratio is.
inline constexpr double kLeastMemory = 10;
inline constexpr double kMemory = 60;
inline constexpr double kRatioMemory = 20000;
/// Response times are learnt an epoch or two after they were measured, so that those of an impact
/// are not learnt before it is noticed.
inline constexpr Nanoseconds kEpoch = whole_seconds(2);
inline constexpr Nanoseconds kFadeEvery = whole_seconds(120);
inline constexpr std::size_t kMostResponses = 1000;
/// Answers a second that are needed to give their median.
inline constexpr std::size_t kLeastResponses = 3;

}  // namespace floodgauge::service_limits
