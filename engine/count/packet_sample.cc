#include "engine/count/packet_sample.h"

namespace floodgauge {

bool PacketReservoir::give_up_half() {
  if (most_ == 0) return false;
  most_ >>= 1;
  ++level_;
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < used_; ++i) {
    if (packets_[i].choice <= most_) packets_[kept++] = packets_[i];
  }
  used_ = kept;
  return true;
}

}  // namespace floodgauge
