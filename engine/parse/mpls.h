// Opens the MPLS label stack (RFC 3032) and guesses what follows it.
#pragma once

#include "engine/parse/ethertype.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// Most labels in a stack. Real stacks are smaller, and the bound keeps a hostile one cheap.
inline constexpr int kMaxLabels = 16;

/// Returns the EtherType of the payload, which the label stack does not name. The first four bits
/// of the payload tell: an IP version, or zero for an Ethernet pseudowire with a control word (RFC
/// 4448, section 4.6; RFC 4928 explains why this is reliable).
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
