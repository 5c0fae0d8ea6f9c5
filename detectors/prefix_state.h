// State that is kept for each protected prefix, by the prefix's number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "engine/protect/protection.h"

namespace floodgauge {

/// Returns the state of a prefix. `State` has a member `of`, the prefix. The state is made when
/// there is none, and reset when a reload has given the number to another prefix. nullptr when
/// there is none and `most` other prefixes have one.
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
