#include "engine/merge/network_sample.h"

#include <algorithm>

namespace floodgauge {

void NetworkSample::clear() {
  packets_.clear();
  attack_ = {};
  ordinary_ = {};
}

void NetworkSample::add(const PacketReservoir& part, SampleLevel& level) {
  if (part.level().level > level.level) level = part.level();
  packets_.insert(packets_.end(), part.begin(), part.end());
}

void NetworkSample::add(const PacketSample& part) {
  add(part.attack, attack_);
  add(part.ordinary, ordinary_);
}

/// Gives up halves of the hashes until the packets fit into `room`, as a worker does.
void NetworkSample::thin(SampleLevel& level, bool attack, std::size_t room) {
  const auto is_left = [&](const SampledPacket& packet) {
    return is_attack(packet.vector) == attack && packet.choice <= level.most;
  };
  const auto fits = [&] {
    return static_cast<std::size_t>(std::count_if(packets_.begin(), packets_.end(), is_left)) <=
           room;
  };
  while (!fits() && level.give_up_half()) {
  }
  std::erase_if(packets_, [&](const SampledPacket& packet) {
    return is_attack(packet.vector) == attack && packet.choice > level.most;
  });
}

void NetworkSample::finish() {
  thin(attack_, true, PacketSample::kAttack);
  thin(ordinary_, false, PacketSample::kOrdinary);
  for (SampledPacket& packet : packets_) {
    packet.level = (is_attack(packet.vector) ? attack_ : ordinary_).level & 0x7f;
  }
}

}  // namespace floodgauge
