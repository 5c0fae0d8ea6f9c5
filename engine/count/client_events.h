// What became of the flows that clients begin, as far as it tells a scanner from a client:
// refusals, answers, and clients that go on to speak. A client is the end that begins a flow, on
// either side of the protected network. A list of one window, which the merge reads
// (detectors/scans.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/address.h"
#include "engine/base/huge_array.h"

namespace floodgauge {

enum class ClientOutcome : std::uint8_t {
  refused,  ///< the server answered with RST, or ICMP said that it cannot be reached
  spoke,    ///< a TCP client sent its first payload, or a datagram was answered
};

struct ClientEvent {
  IpAddress client;
  ClientOutcome outcome;
};

/// Single writer, fixed memory. Beyond the capacity events are counted and not kept.
class ClientEvents {
 public:
  explicit ClientEvents(std::size_t capacity) : events_(capacity) {}

  void add(const IpAddress& client, ClientOutcome outcome) {
    if (used_ == events_.size()) {
      ++missed_;
      return;
    }
    events_[used_++] = {client, outcome};
  }
  void clear() {
    used_ = 0;
    missed_ = 0;
  }
  /// Calls visit(event) for each event.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < used_; ++i) visit(events_[i]);
  }
  std::size_t size() const { return used_; }
  std::uint64_t missed() const { return missed_; }
  void prefault() { events_.prefault(); }
  std::size_t memory_bytes() const { return events_.bytes(); }

 private:
  HugeArray<ClientEvent> events_;
  std::size_t used_ = 0;
  std::uint64_t missed_ = 0;
};

}  // namespace floodgauge
