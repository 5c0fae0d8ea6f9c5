#include "engine/count/worker_window.h"

#include "engine/base/ip_protocol.h"

namespace floodgauge {

WorkerWindow::WorkerWindow(const WindowCapacity& capacity)
    : hosts(capacity.hosts),
      slots(capacity.hosts),
      more_cells(capacity.more_cells),
      log(capacity.log_entries),
      log_shared(capacity.log_shared),
      details(capacity.details, Pages::small),
      prefix_is_touched(capacity.prefixes / 64 + 1),
      prefix_sources(capacity.prefixes),
      client_events(capacity.client_events),
      snaps(capacity.snaps) {
  touched_prefixes.reserve(capacity.prefixes);
}

void WorkerWindow::clear() {
  windows = 1;
  final = false;
  last_packet = {};
  total = {};
  parse = {};
  unopened.clear();
  duplicates = {};
  copies.clear();
  excluded = 0;
  unprotected = 0;
  hosts_overflowed = 0;
  hosts_used = 0;
  if (++record_generation == 0) {  // wrapped: records of 2^32 generations ago would look current
    for (std::size_t i = 0; i < hosts.size(); ++i) hosts[i].forget();
    record_generation = 1;
    records_valid_from = 1;
  }
  more_cells.clear();
  log_used = 0;
  details_used = 0;
  detail_missed = 0;
  for (const std::uint32_t prefix : touched_prefixes) {
    prefix_is_touched[prefix / 64] = 0;
  }
  prefix_sources.clear(touched_prefixes);
  touched_prefixes.clear();
  client_events.clear();
  senders.clear();
  services.clear();
  sample.clear();
  snaps.clear();
}

void WorkerWindow::prefault() {
  hosts.prefault();
  slots.prefault();
  more_cells.prefault();
  log.prefault();
  details.prefault();
  prefix_sources.prefault();
  client_events.prefault();
  senders.prefault();
  unopened.prefault();
  copies.prefault();
  services.prefault();
  sample.prefault();
  snaps.prefault();
}

std::size_t WorkerWindow::memory_bytes() const {
  return hosts.bytes() + slots.bytes() + more_cells.memory_bytes() + log.bytes() + details.bytes() +
         prefix_sources.memory_bytes() + client_events.memory_bytes() +
         prefix_is_touched.capacity() * sizeof(std::uint64_t) + senders.memory_bytes() +
         services.memory_bytes() + sample.memory_bytes() + snaps.memory_bytes() +
         unopened.memory_bytes() + copies.memory_bytes();
}

}  // namespace floodgauge
