// Opens IEEE 802.11 data frames, with or without a radiotap header (radiotap.org).
#pragma once

#include "engine/parse/ethernet.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// Opens an unencrypted data frame with LLC. `padded`: the header is padded to a multiple of four
/// bytes. `swapped`: its first two bytes are in the other order.
inline std::uint16_t open_ieee80211(Walk& walk, bool padded, bool swapped = false) {
  if (!need(walk, 24, Fault::link_header_short)) return kTypeNone;
  const std::uint8_t* header = walk.here();
  constexpr std::uint8_t kTypeMask = 0x0f;  // version and type
  constexpr std::uint8_t kData = 0x08;
  constexpr std::uint8_t kNoData = 0x40;
  constexpr std::uint8_t kQos = 0x80;
  constexpr std::uint8_t kBothWays = 0x03;
  constexpr std::uint8_t kProtected = 0x40;
  constexpr std::uint8_t kOrder = 0x80;
  const std::uint8_t control = header[swapped ? 1 : 0];
  const std::uint8_t flags = header[swapped ? 0 : 1];
  if ((control & kTypeMask) != kData || (control & kNoData) != 0) return kTypeNone;
  if ((flags & kProtected) != 0) return kTypeNone;
  std::uint32_t length = 24;
  if ((flags & kBothWays) == kBothWays) length += 6;
  if ((control & kQos) != 0) {
    if (!need(walk, length + 2, Fault::link_header_short)) return kTypeNone;
    if ((header[length] & 0x80) != 0)
      return kTypeNone;  // an A-MSDU, which aggregates several frames
    length += 2;
    if ((flags & kOrder) != 0) length += 4;  // HT control
  }
  if (padded) length = (length + 3) & ~3u;
  walk.at += length;
  return open_llc(walk);
}

struct RadiotapFlags {
  bool fcs = false;     ///< the frame ends with its FCS
  bool padded = false;  ///< see open_ieee80211
};

/// The flags field of a radiotap header of `length` readable bytes. The fields follow the last
/// presence word; flags is the second field, after an 8-byte timestamp if that is present.
inline RadiotapFlags radiotap_flags(const std::uint8_t* header, std::uint32_t length) {
  const std::uint8_t present = header[4];
  if ((present & 0x02) == 0) return {};
  std::uint32_t field = 8;
  while ((header[field - 1] & 0x80) != 0) {
    if (field + 4 > length) return {};
    field += 4;
  }
  if ((present & 0x01) != 0) field = ((field + 7) & ~7u) + 8;
  if (field >= length) return {};
  return {(header[field] & 0x10) != 0, (header[field] & 0x20) != 0};
}

inline std::uint16_t open_radiotap(Walk& walk) {
  if (!need(walk, 8, Fault::link_header_short)) return kTypeNone;
  const std::uint16_t length = load16_little(walk.here() + 2);
  if (walk.here()[0] != 0 || length < 8) {
    set_fault(walk, Fault::link_header_short);
    return kTypeNone;
  }
  if (!need(walk, length, Fault::link_header_short)) return kTypeNone;
  const RadiotapFlags flags = radiotap_flags(walk.here(), length);
  walk.at += length;
  if (flags.fcs && walk.end >= walk.at + 4) narrow(walk, walk.end - 4);
  return open_ieee80211(walk, flags.padded);
}

}  // namespace floodgauge::parse
