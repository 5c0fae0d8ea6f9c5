// The last transitions of incidents as server-sent events, for GET /api/v1/events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html). Bounded in number and bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "engine/model/incident.h"

namespace floodgauge {

/// Every method may be called by any thread.
class EventRing {
 public:
  struct Limits {
    std::size_t events = 4096;
    std::size_t bytes = 8 << 20;
  };
  /// Where a client is.
  struct Cursor {
    std::uint64_t next = 0;
    bool reset = false;  ///< events are missing before `next`: the client has to ask for the lists
  };

  /// `run` is different in each process: a client of the last one has to begin anew.
  explicit EventRing(std::string run, Limits limits) : run_(std::move(run)), limits_(limits) {}
  explicit EventRing(std::string run) : EventRing(std::move(run), Limits{}) {}

  void append(Nanoseconds time, Transition transition, const Incident& incident);

  /// After the event with this id. Without an id: what comes from now on.
  Cursor after(const std::string& last_event_id) const;
  /// Appends to `out` what the client has not got, and moves the cursor on. A client that has
  /// fallen behind, or begins anew, first gets the event `reset`.
  void read(Cursor& cursor, std::string& out) const;

 private:
  const std::string run_;
  const Limits limits_;
  mutable std::mutex mutex_;
  std::deque<std::string> events_;  ///< as they are sent
  std::uint64_t first_ = 1;         ///< number of the first of events_
  std::size_t bytes_ = 0;
};

}  // namespace floodgauge
