// The MPLS label stack (RFC 3032) and what is guessed to lie under it.
#pragma once

#include "engine/parse/ethertype.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// Deeper stacks are not met; the bound keeps a hostile one cheap.
inline constexpr int kMaxLabels = 16;

/// The stack does not name its payload: IP by version, and where the first four bits are zero an
/// Ethernet pseudowire with its control word (RFC 4448, section 4.6; RFC 4928 is why that works).
inline std::uint16_t open_mpls(Walk& walk) {
  bool bottom = false;
  for (int label = 0; !bottom; ++label) {
    if (label == kMaxLabels) {
      set_fault(walk, Fault::nesting);
      return kTypeNone;
    }
    if (!need(walk, 4, Fault::mpls_short)) return kTypeNone;
    bottom = (walk.here()[2] & 1) != 0;
    walk.at += 4;
  }
  if (!need(walk, 1, Fault::mpls_short)) return kTypeNone;
  if (walk.here()[0] >> 4 != 0) return type_of_nibble(walk.here()[0]);
  if (!need(walk, 4, Fault::mpls_short)) return kTypeNone;
  walk.at += 4;
  return kTypeEthernet;
}

}  // namespace floodgauge::parse
