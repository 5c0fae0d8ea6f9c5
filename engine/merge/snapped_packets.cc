// The packets of a window of which workers have kept bytes, of all workers together.
#include <algorithm>

#include "engine/merge/network_window.h"

namespace floodgauge {
namespace {

/// The level to which the workers' packets of a kind are brought down: that of one worker that had
/// seen them all.
SampleLevel common_level(const std::vector<const SampleReservoir<SnappedPacket>*>& parts) {
  SampleLevel level;
  for (const auto* part : parts) {
    if (part->level().level > level.level) level = part->level();
  }
  const auto kept = [&] {
    std::size_t sum = 0;
    for (const auto* part : parts) {
      sum += static_cast<std::size_t>(std::count_if(
          part->begin(), part->end(), [&](const auto& p) { return p.choice <= level.most; }));
    }
    return sum;
  };
  while (kept() > PacketSnaps::kEach && level.give_up_half()) {
  }
  return level;
}

void add(const std::vector<const SampleReservoir<SnappedPacket>*>& parts,
         std::vector<SnappedPacket>& all) {
  const SampleLevel level = common_level(parts);
  for (const auto* part : parts) {
    for (const SnappedPacket& packet : *part) {
      if (packet.choice > level.most) continue;
      all.push_back(packet);
      all.back().level = level.level;
    }
  }
}

}  // namespace

std::vector<SnappedPacket> NetworkWindow::snapped() const {
  std::vector<const SampleReservoir<SnappedPacket>*> attack;
  std::vector<const SampleReservoir<SnappedPacket>*> ordinary;
  for (const WorkerWindow* worker : workers_) {
    attack.push_back(&worker->snaps.attack);
    ordinary.push_back(&worker->snaps.ordinary);
  }
  std::vector<SnappedPacket> all;
  all.reserve(std::size_t{2} * PacketSnaps::kEach);
  add(attack, all);
  add(ordinary, all);
  return all;
}

}  // namespace floodgauge
