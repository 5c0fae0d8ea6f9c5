// Packets of numbered flows for the flow table's tests, and what they look up.
#pragma once

#include <cstdint>
#include <tuple>

#include "engine/base/keyed_hash.h"
#include "engine/base/tcp_flags.h"
#include "engine/flow/flow_table.h"

namespace floodgauge::testing {

constexpr std::uint16_t kIdle = 800;  ///< idle time of the tables, in windows

inline std::uint64_t hash_of_flow(std::uint64_t number) {
  static const HashKey key = key_from_seed(1);
  return hash_of(number, key);
}

/// The client is the upper side. `flags`: of TCP; 0: another protocol.
inline FlowPacket from_client(std::uint64_t flow, std::uint8_t flags = 0, bool payload = false) {
  return {.hash = hash_of_flow(flow),
          .from_upper = true,
          .payload = payload,
          .tcp = flags != 0,
          .tcp_flags = flags};
}
inline FlowPacket from_server(std::uint64_t flow, std::uint8_t flags = 0, bool payload = false) {
  FlowPacket packet = from_client(flow, flags, payload);
  packet.from_upper = false;
  return packet;
}

/// Looks for a known flow in both of its buckets.
inline bool find_known(FlowTable& table, std::uint64_t flow, std::uint16_t generation,
                       FlowTable::Handle& handle) {
  if (table.find_known(hash_of_flow(flow), generation, handle)) return true;
  return table.may_be_displaced(hash_of_flow(flow), handle) &&
         table.find_known_displaced(hash_of_flow(flow), generation, handle);
}

inline bool are_equal(const FlowLookup& one, const FlowLookup& other) {
  const auto all = [](const FlowLookup& s) {
    return std::tuple(s.packets, s.state, s.new_flow, s.first_in_window, s.other_side_sent,
                      s.from_initiator, s.answered_syn, s.completed, s.progressed, s.first_payload,
                      s.eventful);
  };
  return all(one) == all(other);
}

}  // namespace floodgauge::testing
