#include "engine/merge/target_summary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>

#include "engine/classify/payload_tag.h"
#include "engine/prefetch.h"

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
  add_hashed(key, KeyHash{}(key), packets);
}

template <typename Key>
void PrunedCounts<Key>::add_hashed(const Key& key, std::uint64_t hash, std::uint64_t packets) {
  if (used_ * 2 >= places_.size()) grow();
  const std::size_t mask = places_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
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

/// Without a branch on which places are free: half of them are, in no order.
template <typename Key>
std::vector<typename PrunedCounts<Key>::Row> PrunedCounts<Key>::rows() const {
  std::vector<Row> all(used_ + 1);
  std::size_t n = 0;
  for (const Row& row : places_) {
    all[n] = row;
    n += row.packets != 0;
  }
  all.resize(n);
  return all;
}

template <typename Key>
void PrunedCounts<Key>::add_all(std::span<const Row> rows) {
  constexpr std::size_t kAhead = 16;
  std::array<std::uint64_t, kAhead> hashes{};
  const auto ask = [&](std::size_t i) {
    if (i >= rows.size()) return;
    hashes[i % kAhead] = KeyHash{}(rows[i].key);
    if (!places_.empty()) prefetch_line(&places_[hashes[i % kAhead] & (places_.size() - 1)]);
  };
  for (std::size_t i = 0; i < kAhead; ++i) ask(i);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t hash = hashes[i % kAhead];
    ask(i + kAhead);
    add_hashed(rows[i].key, hash, rows[i].packets);
  }
}

template <typename Key>
void PrunedCounts<Key>::grow() {
  resize(std::max<std::size_t>(64, places_.size() * 4));
}

template <typename Key>
void PrunedCounts<Key>::resize(std::size_t places) {
  const std::vector<Row> old = rows();
  places_.assign(places, Row{});
  used_ = 0;
  add_all(old);
}

template <typename Key>
void PrunedCounts<Key>::reserve(std::size_t keys) {
  const std::size_t places = std::bit_ceil(std::max<std::size_t>(64, 2 * keys + 1));
  if (places > places_.size()) resize(places);
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
    if (greatest.size() == count) {
      if (!kGreater(row, greatest.front())) continue;
      std::pop_heap(greatest.begin(), greatest.end(), kGreater);
      greatest.back() = row;
    } else if (row.packets != 0) {
      greatest.push_back(row);
    } else {
      continue;
    }
    std::push_heap(greatest.begin(), greatest.end(), kGreater);
  }
  std::sort_heap(greatest.begin(), greatest.end(), kGreater);
  return greatest;
}

/// Rows of the least count that is kept are as a rule too many, a packet each: which of them stay
/// goes by hash, for of a million such sources those kept must not be the lowest.
template <typename Key>
void PrunedCounts<Key>::prune() {
  if (used_ <= capacity_) return;
  const std::size_t kept = capacity_ / 2;
  const std::vector<Row> all = rows();
  std::vector<std::uint64_t> counts;
  counts.reserve(all.size());
  for (const Row& row : all) counts.push_back(row.packets);
  const auto at = counts.begin() + static_cast<std::ptrdiff_t>(kept);
  std::nth_element(counts.begin(), at, counts.end(), std::greater{});
  const std::uint64_t least = *at;
  struct Tie {
    std::uint64_t hash;
    Key key;
  };
  std::vector<Row> greater;
  std::vector<Tie> ties;
  greater.reserve(kept);
  ties.reserve(all.size());
  for (const Row& row : all) {
    if (row.packets > least) greater.push_back(row);
    if (row.packets == least) ties.push_back({KeyHash{}(row.key), row.key});
  }
  const auto last = ties.begin() + static_cast<std::ptrdiff_t>(kept - greater.size());
  std::nth_element(ties.begin(), last, ties.end(), [](const Tie& a, const Tie& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.key < b.key;
  });
  std::fill(places_.begin(), places_.end(), Row{});
  used_ = 0;
  exact_ = false;
  for (auto tie = ties.begin(); tie != last; ++tie) greater.push_back({tie->key, least});
  add_all(greater);
}

template <typename Key>
void PrunedCounts<Key>::merge(const PrunedCounts& other) {
  if (used_ == 0) {
    places_ = other.places_;
    used_ = other.used_;
  } else {
    add_all(other.rows());
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
  counts.reserve(counts.size() + sketch.size());
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
