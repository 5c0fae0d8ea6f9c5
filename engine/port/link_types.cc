#include "engine/port/link_types.h"

namespace floodgauge {

// Numbers: https://www.tcpdump.org/linktypes.html
LinkType link_type_of(std::uint32_t number) {
  switch (number) {
    case 1:
      return LinkType::ethernet;
    case 0:    // NULL
    case 108:  // LOOP: the same header, always big-endian
      return LinkType::null_loopback;
    case 9:   // PPP
    case 50:  // PPP_HDLC
      return LinkType::ppp;
    case 12:   // DLT_RAW on most systems
    case 14:   // DLT_RAW on OpenBSD
    case 101:  // RAW
    case 228:  // IPV4
    case 229:  // IPV6
      return LinkType::raw_ip;
    case 104:
      return LinkType::chdlc;
    case 105:
      return LinkType::ieee80211;
    case 107:
      return LinkType::frame_relay;
    case 113:
      return LinkType::linux_sll;
    case 127:
      return LinkType::ieee80211_radiotap;
    case 276:
      return LinkType::linux_sll2;
    default:
      return LinkType::other;
  }
}

std::uint32_t largest_record(std::uint32_t number) {
  constexpr std::uint32_t kPacket = 256 * 1024;
  constexpr std::uint32_t kMessage = 128 * 1024 * 1024;
  switch (number) {
    case 231:  // DBUS
    case 249:  // USBPCAP
    case 279:  // EBHSCR
      return kMessage;
    default:
      return kPacket;
  }
}

}  // namespace floodgauge
