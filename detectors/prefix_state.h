// What a detector keeps of each prefix, by the prefix's number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "engine/protect/protection.h"

namespace floodgauge {

/// The state of a prefix, with its own `of`: made where there is none yet, and anew where a reload
/// gave the number to another prefix. Null when there are `most` others already.
template <typename State>
State* state_of(std::map<std::uint32_t, State>& states, std::uint32_t prefix,
                const PrefixRegistry& registry, std::size_t most) {
  auto at = states.find(prefix);
  if (at == states.end()) {
    if (states.size() >= most) return nullptr;
    at = states.emplace(prefix, State{}).first;
  }
  const IpPrefix& of = registry.prefixes()[prefix].prefix;
  if (at->second.of != of) {
    at->second = State{};
    at->second.of = of;
  }
  return &at->second;
}

}  // namespace floodgauge
