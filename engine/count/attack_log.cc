#include "engine/count/attack_log.h"

#include "engine/base/keyed_hash.h"

namespace floodgauge {

void AttackLog::add_detail(const CountedBurst& burst, std::uint16_t i, Vector vector, Peer peer,
                           TargetDetail& detail) const {
  LogEntry entry;
  write_entry(burst, i, vector, peer, 0, entry);
  const bool known_hash = peer == Peer::source && !burst.is_known(i);
  detail.add(entry, known_hash ? burst.source_hashes[i] : hash_of(entry.source, key_));
}

}  // namespace floodgauge
