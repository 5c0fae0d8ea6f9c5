#include "engine/merge/target_summary.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/classify/payload_tag.h"

namespace floodgauge {

std::uint64_t KeyHash::operator()(const IpAddress& address) const {
  std::uint64_t words[2];
  std::memcpy(words, address.bytes.data(), sizeof words);
  // Sizes are bounded by what gets in, so that collisions cost time only within that bound.
  const std::uint64_t x = (words[0] * 0x9e3779b97f4a7c15u) ^ words[1];
  const std::uint64_t y = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
  return y ^ (y >> 32);
}

std::uint64_t KeyHash::operator()(std::uint16_t port) const {
  return (port * 0x9e3779b97f4a7c15u) >> 32;
}

template <typename Key>
void PrunedCounts<Key>::add(const Key& key, std::uint64_t packets) {
  if (used_ * 2 >= places_.size()) grow();
  const std::size_t mask = places_.size() - 1;
  for (std::size_t at = KeyHash{}(key)&mask;; at = (at + 1) & mask) {
    Row& row = places_[at];
    if (row.packets == 0) {
      row = {key, packets};
      ++used_;
      return;
    }
    if (row.key == key) {
      row.packets += packets;
      return;
    }
  }
}

template <typename Key>
void PrunedCounts<Key>::grow() {
  const std::vector<Row> old = std::exchange(
      places_, std::vector<Row>(std::max<std::size_t>(64, places_.size() * 4), Row{}));
  used_ = 0;
  for (const Row& row : old) {
    if (row.packets != 0) add(row.key, row.packets);
  }
}

template <typename Key>
std::vector<typename PrunedCounts<Key>::Row> PrunedCounts<Key>::rows() const {
  std::vector<Row> all;
  all.reserve(used_);
  for (const Row& row : places_) {
    if (row.packets != 0) all.push_back(row);
  }
  return all;
}

namespace {

constexpr auto kGreater = [](const auto& a, const auto& b) {
  return a.packets != b.packets ? a.packets > b.packets : a.key < b.key;
};

}  // namespace

template <typename Key>
std::vector<typename PrunedCounts<Key>::Row> PrunedCounts<Key>::top(std::size_t count) const {
  // A heap of the greatest so far, the least of them on top: most rows are told by one comparison.
  std::vector<Row> greatest;
  if (count == 0) return greatest;
  greatest.reserve(std::min(count, used_));
  for (const Row& row : places_) {
    if (row.packets == 0) continue;
    if (greatest.size() == count) {
      if (!kGreater(row, greatest.front())) continue;
      std::pop_heap(greatest.begin(), greatest.end(), kGreater);
      greatest.back() = row;
    } else {
      greatest.push_back(row);
    }
    std::push_heap(greatest.begin(), greatest.end(), kGreater);
  }
  std::sort_heap(greatest.begin(), greatest.end(), kGreater);
  return greatest;
}

template <typename Key>
void PrunedCounts<Key>::prune() {
  if (used_ <= capacity_) return;
  std::vector<Row> kept = rows();
  const auto end = kept.begin() + static_cast<std::ptrdiff_t>(capacity_ / 2);
  // Ties by hash: of a million sources with a packet each, those kept must not be the lowest.
  std::nth_element(kept.begin(), end, kept.end(), [](const Row& a, const Row& b) {
    if (a.packets != b.packets) return a.packets > b.packets;
    const std::uint64_t x = KeyHash{}(a.key);
    const std::uint64_t y = KeyHash{}(b.key);
    return x != y ? x < y : a.key < b.key;
  });
  kept.resize(capacity_ / 2);
  std::fill(places_.begin(), places_.end(), Row{});
  used_ = 0;
  exact_ = false;
  for (const Row& row : kept) add(row.key, row.packets);
}

template <typename Key>
void PrunedCounts<Key>::merge(const PrunedCounts& other) {
  if (used_ == 0) {
    places_ = other.places_;
    used_ = other.used_;
  } else {
    for (const Row& row : other.places_) {
      if (row.packets != 0) add(row.key, row.packets);
    }
  }
  exact_ = exact_ && other.exact_;
  prune();
}

template <typename Key>
void PrunedCounts<Key>::clear() {
  // The memory stays for the next window, unless this one hardly used it.
  if (used_ * 64 < places_.size()) {
    places_.clear();
  } else {
    std::fill(places_.begin(), places_.end(), Row{});
  }
  used_ = 0;
  exact_ = true;
}

template class PrunedCounts<IpAddress>;
template class PrunedCounts<std::uint16_t>;

namespace {

/// What is certain of a sketch's rows.
template <typename Key>
void add_rows(PrunedCounts<Key>& counts, const TopK<Key>& sketch) {
  sketch.for_each([&](const auto& entry) {
    counts.add(entry.key, entry.count > entry.error ? entry.count - entry.error : 1);
  });
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
  if (has_ports(packet.vector)) {
    source_ports.add(packet.source_port, 1);
    destination_ports.add(packet.destination_port, 1);
  }
  ++ttl[packet.ttl];
  ++length[std::min<std::size_t>(packet.ip_bytes / 32u, length.size() - 1)];
  if (packet.tag == 0) return;
  if (packet.vector == Vector::dns_query) {
    ++named;
    names.add(spread(packet.tag));
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
  signatures.merge(other.signatures);
  for (std::size_t i = 0; i < ttl.size(); ++i) ttl[i] += other.ttl[i];
  for (std::size_t i = 0; i < length.size(); ++i) length[i] += other.length[i];
}

void TargetSummary::clear() {
  sources.clear();
  names.clear();
  top_sources.clear();
  source_ports.clear();
  destination_ports.clear();
  signatures.clear();
  ttl.fill(0);
  length.fill(0);
  packets = 0;
  named = 0;
}

void TargetSummary::prune() {
  top_sources.prune();
  source_ports.prune();
  destination_ports.prune();
  signatures.prune();
}

}  // namespace floodgauge
