#include "engine/count/target_detail.h"

#include <algorithm>

#include "engine/base/splitmix64.h"
#include "engine/classify/payload_tag.h"

namespace floodgauge {
namespace {

// Ports, signatures and names are few or hashed already: their bits only need to be spread.
std::uint64_t hash_of_number(std::uint16_t number) {
  return splitmix64_finaliser(number + 0x9e3779b97f4a7c15u);
}

}  // namespace

void TargetDetail::clear() {
  sources.clear();
  names.clear();
  top_sources.clear();
  source_ports.clear();
  destination_ports.clear();
  signatures.clear();
  source_ports_seen.clear();
  destination_ports_seen.clear();
  ttl.fill(0);
  length.fill(0);
  packets = 0;
  named = 0;
  skipped_ = 0;
  draws_ = 0;
}

/// Whether the packet is not in the sample. The distances from one sampled packet to the next are
/// drawn from 1 to 15, 8 on average, so that no sender can time its packets to avoid the sample.
bool TargetDetail::is_skipped() {
  if (skipped_ != 0) {
    --skipped_;
    return true;
  }
  draws_ += 0x9e3779b97f4a7c15u;
  skipped_ =
      static_cast<std::uint32_t>((splitmix64_finaliser(draws_) >> 32) * (2 * kSampled - 1) >> 32);
  return false;
}

void TargetDetail::add_weighted(const LogEntry& packet, std::uint64_t source_hash,
                                std::uint32_t weight) {
  top_sources.add(packet.source, source_hash, weight);
  if (has_ports(packet.vector)) {
    source_ports.add(packet.source_port, hash_of_number(packet.source_port), weight);
    destination_ports.add(packet.destination_port, hash_of_number(packet.destination_port), weight);
  }
  ttl[packet.ttl] += weight;
  length[length_bin(packet.ip_bytes)] += weight;
  if (packet.tag == 0 || packet.vector == Vector::dns_query) return;
  const std::uint16_t signature = signature_of_tag(packet.tag);
  signatures.add(signature, hash_of_number(signature), weight);
}

void TargetDetail::add(const LogEntry& packet, std::uint64_t source_hash) {
  ++packets;
  sources.add(source_hash);
  if (has_ports(packet.vector)) {
    source_ports_seen.add(packet.source_port);
    destination_ports_seen.add(packet.destination_port);
  }
  if (packet.tag != 0 && packet.vector == Vector::dns_query) {
    ++named;
    names.add(splitmix64_finaliser(packet.tag));
  }
  if (packets <= kAllOf || top_sources.exact()) {
    add_weighted(packet, source_hash, 1);
  } else if (!is_skipped()) {
    add_weighted(packet, source_hash, kSampled);
  }
}

}  // namespace floodgauge
