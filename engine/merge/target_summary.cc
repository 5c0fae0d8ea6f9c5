#include "engine/merge/target_summary.h"

#include <algorithm>
#include <cstring>

namespace floodgauge {

std::size_t AddressHash::operator()(const IpAddress& address) const {
  std::uint64_t words[2];
  std::memcpy(words, address.bytes.data(), sizeof words);
  // Sizes are bounded by what gets in, so that collisions cost time only within that bound.
  const std::uint64_t x = (words[0] * 0x9e3779b97f4a7c15u) ^ words[1];
  return (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
}

template <typename Key, typename Hash>
std::vector<typename PrunedCounts<Key, Hash>::Row> PrunedCounts<Key, Hash>::top(
    std::size_t count) const {
  std::vector<Row> rows;
  rows.reserve(counts_.size());
  for (const auto& [key, packets] : counts_) rows.push_back({key, packets});
  const auto greater = [](const Row& a, const Row& b) {
    return a.packets != b.packets ? a.packets > b.packets : a.key < b.key;
  };
  count = std::min(count, rows.size());
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count), rows.end(),
                    greater);
  rows.resize(count);
  return rows;
}

template <typename Key, typename Hash>
void PrunedCounts<Key, Hash>::prune() {
  if (counts_.size() <= capacity_) return;
  exact_ = false;
  const std::vector<Row> kept = top(capacity_ / 2);
  counts_.clear();
  for (const Row& row : kept) counts_[row.key] = row.packets;
}

template <typename Key, typename Hash>
void PrunedCounts<Key, Hash>::merge(const PrunedCounts& other) {
  for (const auto& [key, packets] : other.counts_) counts_[key] += packets;
  exact_ = exact_ && other.exact_;
  prune();
}

template class PrunedCounts<IpAddress, AddressHash>;
template class PrunedCounts<std::uint16_t>;

namespace {

/// What is certain of a sketch's rows.
template <typename Counts, typename Key>
void add_rows(Counts& counts, const TopK<Key>& sketch, std::uint32_t capacity) {
  for (const auto& entry : sketch.top(capacity)) {
    counts.add(entry.key, entry.count > entry.error ? entry.count - entry.error : 1);
  }
  if (!sketch.exact()) counts.mark_inexact();
}

std::uint64_t spread(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

void TargetSummary::add(const LogEntry& packet, const HashKey& key) {
  ++packets;
  sources.add(hash_of(packet.source, key));
  top_sources.add(packet.source, 1);
  source_ports.add(packet.source_port, 1);
  destination_ports.add(packet.destination_port, 1);
  ++ttl[packet.ttl];
  ++length[std::min<std::size_t>(packet.ip_bytes / 32u, length.size() - 1)];
  if (packet.name != 0) {
    ++named;
    names.add(spread(packet.name));
  }
}

void TargetSummary::add(const TargetDetail& detail) {
  packets += detail.packets;
  named += detail.named;
  sources.merge(detail.sources);
  names.merge(detail.names);
  add_rows(top_sources, detail.top_sources, TargetDetail::kSources * 2);
  add_rows(source_ports, detail.source_ports, TargetDetail::kPorts * 2);
  add_rows(destination_ports, detail.destination_ports, TargetDetail::kPorts * 2);
  for (std::size_t i = 0; i < ttl.size(); ++i) ttl[i] += detail.ttl[i];
  for (std::size_t i = 0; i < length.size(); ++i) length[i] += detail.length[i];
}

void TargetSummary::merge(const TargetSummary& other) {
  packets += other.packets;
  named += other.named;
  sources.merge(other.sources);
  names.merge(other.names);
  top_sources.merge(other.top_sources);
  source_ports.merge(other.source_ports);
  destination_ports.merge(other.destination_ports);
  for (std::size_t i = 0; i < ttl.size(); ++i) ttl[i] += other.ttl[i];
  for (std::size_t i = 0; i < length.size(); ++i) length[i] += other.length[i];
}

void TargetSummary::clear() {
  sources.clear();
  names.clear();
  top_sources.clear();
  source_ports.clear();
  destination_ports.clear();
  ttl.fill(0);
  length.fill(0);
  packets = 0;
  named = 0;
}

void TargetSummary::prune() {
  top_sources.prune();
  source_ports.prune();
  destination_ports.prune();
}

}  // namespace floodgauge
