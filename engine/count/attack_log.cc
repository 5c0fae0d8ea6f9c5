#include "engine/count/attack_log.h"

#include "engine/count/packet_source.h"

namespace floodgauge {

void AttackLog::add_detail(const CountedBurst& burst, std::uint16_t i, Vector vector,
                           TargetDetail& detail) const {
  LogEntry entry;
  write_entry(burst, i, vector, 0, entry);
  detail.add(entry, source_hash(burst, i, key_));
}

}  // namespace floodgauge
