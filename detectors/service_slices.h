// The recent requests of one server and service, by the moment at which they were asked: of each
// slice of time, how many were asked, how many of these were answered, and how many of these
// answers were slow. Only from the time of the request can one tell that a request is lost: an
// answer that comes now says nothing about the requests of now.
#pragma once

#include <cstdint>
#include <deque>

#include "engine/base/units.h"
#include "engine/count/service_window.h"

namespace floodgauge {

/// Requests of genuine clients, and what became of them.
struct Outcome {
  double requests = 0;
  double answered = 0;
  double fast = 0;  ///< answered, and not slowly

  double not_fast() const { return requests - fast; }
  Outcome& operator+=(const Outcome& other) {
    requests += other.requests;
    answered += other.answered;
    fast += other.fast;
    return *this;
  }
  Outcome& operator-=(const Outcome& other) {
    requests -= other.requests;
    answered -= other.answered;
    fast -= other.fast;
    return *this;
  }
};

struct ServiceSlice {
  std::int64_t index = 0;  ///< of the slice in the grid of slices
  Nanoseconds start;
  Nanoseconds end;
  Nanoseconds first_request;
  std::uint32_t asked[kClientClasses] = {};
  std::uint32_t asked_within[kClientClasses] = {};
  std::uint32_t accepted[kClientClasses] = {};
  std::uint32_t answered[kClientClasses] = {};         ///< of `asked`
  std::uint32_t answered_within[kClientClasses] = {};  ///< of `asked_within`
  std::uint32_t slow[kClientClasses] = {};             ///< answers of either
  /// Of `accepted`, those whose SYN had to wait, as one does that is answered when it is repeated.
  std::uint32_t accepted_late[kClientClasses] = {};
  /// A flood asks: only clients that were known before count as genuine.
  bool flooded = false;
  bool judged_silent = false;   ///< its requests had no answer when they were judged
  bool judged_failing = false;  ///< too few of them had one

  /// `patient`: requests within connections that wait for their answer count as requests.
  /// Otherwise they are left out: a connection that was accepted may be answered later.
  Outcome outcome(bool patient) const;
  /// The same for the clients that were known when they asked.
  Outcome outcome_of_known(bool patient) const;
  /// The same for all clients.
  Outcome outcome_of_all() const;
  /// outcome(), in which a connection that was accepted late is a request that was not fast: what
  /// the requests of then looked like, known by now.
  Outcome outcome_in_hindsight() const;

 private:
  void add_class(std::size_t c, bool patient, Outcome& sum) const;
};

class ServiceSlices {
 public:
  /// `length` of a slice, a multiple of a window's; `origin`: the start of any window.
  ServiceSlices(Nanoseconds length, Nanoseconds origin) : length_(length), origin_(origin) {}

  /// The slice of `time`, begun if it is later than all others; nullptr when it is forgotten, or
  /// when there was none. At most kMost slices in which something was asked are kept.
  ServiceSlice* at(Nanoseconds time, bool begin);
  std::deque<ServiceSlice>& all() { return slices_; }
  const std::deque<ServiceSlice>& all() const { return slices_; }
  Nanoseconds length() const { return length_; }
  Nanoseconds origin() const { return origin_; }

  /// What became of the latest requests: of those that had `patience` to be answered, going back
  /// until there are `least` requests and `span` of time.
  struct Recent {
    Outcome outcome;
    std::size_t first = 0;  ///< index of its first slice
    std::size_t end = 0;    ///< index after its last slice
  };
  struct Wanted {
    Nanoseconds now;
    Nanoseconds patience;
    Nanoseconds patience_within;
    double least = 20;
    Nanoseconds span;
  };
  Recent recent(const Wanted& wanted) const;
  /// From now on recent() does not look back beyond the slice with this index.
  void forget_before(std::int64_t index) { oldest_ = index; }

  static constexpr std::size_t kMost = 128;

 private:
  Nanoseconds length_;
  Nanoseconds origin_;
  std::int64_t oldest_ = 0;
  std::deque<ServiceSlice> slices_;
};

}  // namespace floodgauge
