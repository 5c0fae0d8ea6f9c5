#include "engine/merge/network_sample.h"

#include <algorithm>

namespace floodgauge {
namespace {

template <typename Item>
void append(const SampleReservoir<Item>& part, std::vector<Item>& items, SampleLevel& level) {
  if (part.level().level > level.level) level = part.level();
  items.insert(items.end(), part.begin(), part.end());
}

/// Gives up halves of the hashes until the items of a kind fit into `room`, as a worker does.
template <typename Item, typename IsOfKind>
void thin(std::vector<Item>& items, SampleLevel& level, std::size_t room, IsOfKind is_of_kind) {
  const auto is_left = [&](const Item& item) {
    return is_of_kind(item) && item.choice <= level.most;
  };
  const auto fits = [&] {
    return static_cast<std::size_t>(std::count_if(items.begin(), items.end(), is_left)) <= room;
  };
  while (!fits() && level.give_up_half()) {
  }
  std::erase_if(items,
                [&](const Item& item) { return is_of_kind(item) && item.choice > level.most; });
}

}  // namespace

void NetworkSample::clear() {
  packets_.clear();
  names_.clear();
  attack_ = {};
  ordinary_ = {};
  named_ = {};
}

void NetworkSample::add(const PacketSample& part) {
  append(part.attack, packets_, attack_);
  append(part.ordinary, packets_, ordinary_);
  append(part.names, names_, named_);
}

void NetworkSample::finish() {
  thin(packets_, attack_, PacketSample::kAttack,
       [](const SampledPacket& packet) { return is_attack(packet.vector); });
  thin(packets_, ordinary_, PacketSample::kOrdinary,
       [](const SampledPacket& packet) { return !is_attack(packet.vector); });
  for (SampledPacket& packet : packets_) {
    packet.level = (is_attack(packet.vector) ? attack_ : ordinary_).level & 0x7f;
  }
  // Of two workers each may have kept names that the other one's level would have given up.
  named_ = attack_.level > named_.level ? attack_ : named_;
  thin(names_, named_, PacketSample::kNames, [](const SampledName&) { return true; });
  std::sort(names_.begin(), names_.end());
}

}  // namespace floodgauge
