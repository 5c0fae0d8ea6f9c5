#include "engine/merge/target_summary.h"

#include <utility>

#include "engine/base/splitmix64.h"
#include "engine/classify/payload_tag.h"

namespace floodgauge {
namespace {

/// Adds a sketch's rows, with the packets that are certain: the count less its error.
template <typename Counts, typename Sketch>
void add_rows(Counts& counts, const Sketch& sketch) {
  std::vector<typename Counts::Row> rows;
  rows.reserve(sketch.size());
  sketch.for_each([&](const auto& entry) {
    rows.push_back({entry.key, entry.count > entry.error ? entry.count - entry.error : 1});
  });
  counts.add_distinct(std::move(rows));
  if (!sketch.exact()) counts.mark_inexact();
}

}  // namespace

void TargetSummary::add(const LogEntry& packet, const HashKey& key) {
  add_but_source(packet, hash_of(packet.source, key));
  top_sources.add(packet.source, 1);
}

void TargetSummary::add_but_source(const LogEntry& packet, std::uint64_t source_hash) {
  ++packets;
  sources.add(source_hash);
  if (has_ports(packet.vector)) {
    source_ports.add(packet.source_port, 1);
    destination_ports.add(packet.destination_port, 1);
  }
  ttl.add(packet.ttl);
  length.add(TargetDetail::length_bin(packet.ip_bytes));
  if (packet.tag == 0) return;
  if (packet.vector == Vector::dns_query) {
    ++named;
    names.add(splitmix64_finaliser(packet.tag));
  } else {
    signatures.add(signature_of_tag(packet.tag), 1);
  }
}

void TargetSummary::add(const TargetDetail& detail) {
  packets += detail.packets;
  named += detail.named;
  sources.merge(detail.sources);
  names.merge(detail.names);
  add_rows(top_sources, detail.top_sources);
  add_rows(source_ports, detail.source_ports);
  add_rows(destination_ports, detail.destination_ports);
  add_rows(signatures, detail.signatures);
  ttl.add(detail.ttl);
  length.add(detail.length);
}

void TargetSummary::merge(const TargetSummary& other) {
  packets += other.packets;
  named += other.named;
  sources.merge(other.sources);
  names.merge(other.names);
  top_sources.merge(other.top_sources);
  source_ports.merge(other.source_ports);
  destination_ports.merge(other.destination_ports);
  signatures.merge(other.signatures);
  ttl.merge(other.ttl);
  length.merge(other.length);
}

void TargetSummary::clear() {
  sources.clear();
  names.clear();
  top_sources.clear();
  source_ports.clear();
  destination_ports.clear();
  signatures.clear();
  ttl.clear();
  length.clear();
  packets = 0;
  named = 0;
}

void TargetSummary::prune() {
  top_sources.prune();
  signatures.prune();
}

}  // namespace floodgauge
