// Where a flood of datagrams may be asking: shares of the address pairs (address_share.h) with far
// more requests of clients that are not known than usual. What is answered there makes nobody known
// (known_clients.h), or the sources of a flood would be taken for genuine clients a few seconds
// later. A lasting change is usual after a minute or two.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/base/units.h"
#include "engine/count/address_share.h"

namespace floodgauge {

class CrowdedShares {
 public:
  /// Counts a request of a client that is not known.
  void note(std::uint32_t share, Nanoseconds now) {
    Share& of = shares_[share];
    pass_to(of, now.count / kSecond);
    ++of.requests;
  }
  /// Whether the share is crowded in this second, or was in the one before.
  bool is_crowded(std::uint32_t share, Nanoseconds now) {
    Share& of = shares_[share];
    pass_to(of, now.count / kSecond);
    return std::max(of.requests, of.before) > limit_of(of);
  }

 private:
  static constexpr std::int64_t kSecond = 1'000'000'000;
  /// A share is crowded above so many times the usual requests, and this many a second more.
  static constexpr double kFactor = 3;
  static constexpr double kMore = 16;
  static constexpr std::int64_t kMemory = 60;  ///< seconds over which usual requests are averaged

  struct Share {
    std::int64_t second = 0;  ///< the running one
    double usual = 0;         ///< requests a second
    double requests = 0;      ///< of the running second
    double before = 0;        ///< of the second before
  };

  static double limit_of(const Share& of) { return kFactor * of.usual + kMore; }
  /// Ends the running second, and those without requests after it.
  static void pass_to(Share& of, std::int64_t second) {
    if (second <= of.second) return;
    const std::int64_t ended = std::min(second - of.second, 10 * kMemory);
    of.second = second;
    for (std::int64_t s = 0; s < ended; ++s) {
      of.usual += (std::min(of.requests, limit_of(of)) - of.usual) / kMemory;
      of.before = of.requests;
      of.requests = 0;
    }
  }

  std::array<Share, kAddressShares> shares_{};
};

}  // namespace floodgauge
