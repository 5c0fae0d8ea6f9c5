#include "engine/count/packet_sample.h"

namespace floodgauge {

bool PacketReservoir::give_up_half() {
  if (!level_.give_up_half()) return false;
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < used_; ++i) {
    if (packets_[i].choice <= level_.most) packets_[kept++] = packets_[i];
  }
  used_ = kept;
  return true;
}

}  // namespace floodgauge
