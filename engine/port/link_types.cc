#include "engine/port/link_types.h"

namespace floodgauge {

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
