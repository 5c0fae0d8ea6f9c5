#include "engine/count/packet_sample.h"

namespace floodgauge {

template <typename Item>
bool Reservoir<Item>::give_up_half() {
  if (!level_.give_up_half()) return false;
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < used_; ++i) {
    if (items_[i].choice <= level_.most) items_[kept++] = items_[i];
  }
  used_ = kept;
  return true;
}

template class Reservoir<SampledPacket>;
template class Reservoir<SampledName>;

}  // namespace floodgauge
