// What frames of the kernel's interfaces may be that a card's own are not: superframes, which the
// kernel put together or has yet to divide, and of AF_PACKET frames that its ring has cut.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "engine/parse/ethertype.h"
#include "engine/parse/parser.h"
#include "engine/parse/walk.h"
#include "engine/port/device_string.h"

namespace floodgauge {

struct KernelFrames {
  /// Frames may hold several packets. A card's queues never do: DPDK has LRO off unless asked.
  bool may_be_several = false;
  /// A frame of at least so many bytes was perhaps cut by a ring of net_af_packet, which tells no
  /// longer length (DPDK 22.11: pkt_len is the kernel's tp_snaplen); 0: no ring cuts.
  std::uint32_t cut_from = 0;

  /// What the frames of both are.
  void add(const KernelFrames& other) {
    may_be_several |= other.may_be_several;
    if (other.cut_from != 0) cut_from = std::min(cut_from - 1, other.cut_from - 1) + 1;
  }
};

/// The frames of a device as DPDK is given it, with all its arguments.
inline KernelFrames kernel_frames_of(const std::string& device) {
  KernelFrames frames{.may_be_several = !is_pci_device(device)};
  if (!device.starts_with("net_af_packet")) return frames;
  std::uint32_t size = 2048;  // net_af_packet's own
  const std::string given = device_argument(device, "framesz");
  std::from_chars(given.data(), given.data() + given.size(), size);
  // The kernel's header and its padding precede each frame in the ring: 66 bytes of an untagged
  // frame (tpacket2_hdr, sockaddr_ll, alignment to 16 bytes).
  constexpr std::uint32_t kMostBefore = 128;
  frames.cut_from = std::max(size, 2 * kMostBefore) - kMostBefore;
  return frames;
}

/// Sets the length on the wire of a frame that a ring has cut, by its IP header.
inline void restore_length(FrameView& frame) {
  std::uint32_t at = 12;
  std::uint16_t type = 0;
  for (int tags = 0; tags <= 2; ++tags) {
    if (at + 2 + 20 > frame.captured) return;
    type = parse::load16(frame.data + at);
    at += 2;
    if (type != parse::kTypeVlan && type != parse::kTypeServiceVlan) break;
    at += 2;
  }
  std::uint32_t length = 0;
  if (type == parse::kTypeIpv4) length = parse::load16(frame.data + at + 2);
  if (type == parse::kTypeIpv6) length = 40u + parse::load16(frame.data + at + 4);
  frame.wire = std::max(frame.wire, at + length);
}

}  // namespace floodgauge
