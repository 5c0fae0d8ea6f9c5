#include "engine/export/evidence/evidence_ring.h"

namespace floodgauge {

std::size_t EvidenceRing::add(const EvidenceWindow& window) {
  Window next{.end = window.end, .facts = {}, .bytes = {}};
  std::size_t bytes = 0;
  for (const SnappedPacket& packet : window.packets) bytes += packet.captured;
  next.facts.reserve(window.packets.size());
  next.bytes.reserve(bytes);
  for (const SnappedPacket& packet : window.packets) {
    next.facts.push_back(packet);
    next.bytes.insert(next.bytes.end(), packet.bytes.begin(),
                      packet.bytes.begin() + packet.captured);
  }
  used_ += next.memory();
  windows_.push_back(std::move(next));
  std::size_t early = 0;
  // The last one always stays: incidents take their packets from it.
  while (windows_.size() > 1) {
    const bool old = windows_.front().end + kept_ < window.end;
    if (!old && used_ <= most_bytes_) break;
    early += !old;
    used_ -= windows_.front().memory();
    windows_.pop_front();
  }
  return early;
}

}  // namespace floodgauge
