#include "detectors/rule_sample.h"

#include <algorithm>

namespace floodgauge {

void RuleSample::add(const WindowSample& window, const IpPrefix& target, Direction direction,
                     std::size_t room) {
  Part part{window.end - window.start, {}};
  for (const SampledPacket& packet : window.of(target, direction)) {
    const bool attack = is_attack(packet.vector);
    if (packet.choice > levels_[attack].most) continue;
    part.packets.push_back(packet);
    ++kept_[attack];
  }
  length_ = length_ + part.length;
  parts_.push_back(std::move(part));
  while (parts_.size() > 1 && length_ - parts_.front().length >= kLookedAt) {
    for (const SampledPacket& packet : parts_.front().packets) --kept_[is_attack(packet.vector)];
    length_ = length_ - parts_.front().length;
    parts_.pop_front();
  }
  thin(false, room);
  thin(true, room);
}

void RuleSample::thin(bool attack, std::size_t room) {
  SampleLevel& level = levels_[attack];
  while (kept_[attack] > room && level.give_up_half()) {
    kept_[attack] = 0;
    for (Part& part : parts_) {
      std::erase_if(part.packets, [&](const SampledPacket& packet) {
        return is_attack(packet.vector) == attack && packet.choice > level.most;
      });
      kept_[attack] += static_cast<std::size_t>(std::count_if(
          part.packets.begin(), part.packets.end(),
          [&](const SampledPacket& packet) { return is_attack(packet.vector) == attack; }));
    }
  }
}

double RuleSample::seconds() const {
  return length_.seconds();
}

}  // namespace floodgauge
