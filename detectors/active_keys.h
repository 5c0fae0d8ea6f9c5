// How many of the flows or sources of a window are active within another time. A window tells how
// many of them had a packet in it, and that number depends on the window's length: of a thousand
// players who send 30 datagrams a second, one in four is seen within 10 ms, and nearly all are
// within 100 ms. Constants that count them are meant for kUsualWindow.
#pragma once

#include <algorithm>
#include <cmath>

namespace floodgauge {

/// The time in seconds that constants for a window's flows and sources are meant for.
inline constexpr double kUsualWindow = 0.1;

/// How many of the keys (flows, sources) are active in `of_seconds`, where `active` of them had
/// `packets` packets within `seconds`. Each packet is taken to be of any of them with the same
/// probability, so that of N keys N * (1 - exp(-packets / N)) are expected to be active; N is found
/// by bisection. Where each packet has a key of its own, so has each in the other time.
inline double active_within(double of_seconds, double packets, double active, double seconds) {
  if (packets <= 0 || seconds <= 0) return 0;
  const double ratio = of_seconds / seconds;
  if (std::abs(ratio - 1) < 0.01) return active;
  if (active <= 1) return std::min(active, packets * ratio);
  const auto expected = [](double keys, double sent) { return -keys * std::expm1(-sent / keys); };
  // Beyond this many, no two packets of the window have the same key.
  double high = packets * packets;
  double low = active;
  if (active >= packets || expected(high, packets) <= active) return packets * ratio;
  for (int step = 0; step < 48 && high - low > 0.001 * low; ++step) {
    const double middle = std::sqrt(low * high);
    (expected(middle, packets) < active ? low : high) = middle;
  }
  return expected(low, packets * ratio);
}

}  // namespace floodgauge
