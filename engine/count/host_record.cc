#include "engine/count/host_record.h"

namespace floodgauge {

void HostRecord::merge(const HostRecord& other) {
  suspicious += other.suspicious;
  new_flows += other.new_flows;
  flows_active += other.flows_active;
  handshakes += other.handshakes;
  syn_answered += other.syn_answered;
  progressed += other.progressed;
  first_payloads += other.first_payloads;
  answers += other.answers;
  for (std::uint8_t i = 0; i < other.cells_used; ++i) {
    const Cell& from = other.cells[i];
    Cell& to = cell(from.vector, from.outbound);
    to.packets += from.packets;
    to.bytes += from.bytes;
  }
}

}  // namespace floodgauge
