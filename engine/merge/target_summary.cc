#include "engine/merge/target_summary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <utility>

#include "engine/base/prefetch.h"
#include "engine/base/splitmix64.h"
#include "engine/classify/payload_tag.h"
#include "engine/merge/greatest.h"
#include "engine/merge/repeat_filter.h"

namespace floodgauge {

namespace {

/// Keyed, and by no seed: whoever knew how keys are spread over an index could send sources or
/// ports that all fall on one another, each of which would then be a walk over all of them. No
/// figure depends on it.
const HashKey& index_key() {
  static const HashKey kKey = random_key();
  return kKey;
}

std::uint64_t index_hash(const IpAddress& address) {
  return hash_of(address, index_key());
}

std::uint64_t index_hash(std::uint16_t port) {
  return hash_of(std::uint64_t{port}, index_key());
}

/// Which of many keys with equal counts are kept: those of the least. The same in every process, as
/// reports have to be.
std::uint64_t tie_hash(const IpAddress& address) {
  const std::uint64_t x = (address.high() * 0x9e3779b97f4a7c15u) ^ address.low();
  const std::uint64_t y = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
  return y ^ (y >> 32);
}

std::uint64_t tie_hash(std::uint16_t port) {
  return (port * 0x9e3779b97f4a7c15u) >> 32;
}

template <typename Row>
struct MorePackets {
  bool operator()(const Row& a, const Row& b) const {
    return a.packets != b.packets ? a.packets > b.packets : a.key < b.key;
  }
};

}  // namespace

/// An entry of the index holds its row + 1 in the bits that count so far, and a part of the key's
/// hash in the others, so that as a rule no other key's row is looked at. Returns the row.
template <typename Key>
std::size_t PrunedCounts<Key>::add_hashed(const Row& row, std::uint64_t hash) const {
  const std::uint32_t mask = place_mask();
  const auto tag = static_cast<std::uint32_t>(hash >> 16) & ~mask;
  for (auto at = static_cast<std::uint32_t>(hash) & mask;; at = (at + 1) & mask) {
    const std::uint32_t place = places_[at];
    if (place == 0) {
      rows_.push_back(row);
      places_[at] = tag | static_cast<std::uint32_t>(rows_.size());
      return rows_.size() - 1;
    }
    if ((place & ~mask) != tag) continue;
    Row& known = rows_[(place & mask) - 1];
    if (known.key == row.key) {
      known.packets += row.packets;
      return (place & mask) - 1;
    }
  }
}

/// What each of them touches is asked for ahead. There must be room in the index.
template <typename Key>
void PrunedCounts<Key>::add_all(std::span<const Row> rows) const {
  constexpr std::size_t kAhead = 16;
  std::array<std::uint64_t, kAhead> hashes{};
  const auto ask = [&](std::size_t i) {
    if (i >= rows.size()) return;
    hashes[i % kAhead] = index_hash(rows[i].key);
    prefetch_line(&places_[hashes[i % kAhead] & place_mask()]);
  };
  for (std::size_t i = 0; i < kAhead; ++i) ask(i);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t hash = hashes[i % kAhead];
    ask(i + kAhead);
    add_hashed(rows[i], hash);
  }
}

/// With room for so many keys.
template <typename Key>
void PrunedCounts<Key>::build_index(std::size_t room) const {
  places_.assign(std::bit_ceil(std::max<std::size_t>(64, 2 * room + 1)), 0);
  const std::vector<Row> all = std::exchange(rows_, {});
  rows_.reserve(all.size());
  add_all(all);
  distinct_ = true;
}

template <typename Key>
void PrunedCounts<Key>::add_indexed(const Key& key, std::uint64_t packets) {
  if (rows_.size() * 2 >= places_.size()) build_index(2 * rows_.size());
  last_ = add_hashed({key, packets}, index_hash(key));
}

template <typename Key>
std::vector<typename PrunedCounts<Key>::Row> PrunedCounts<Key>::top(std::size_t count) const {
  Greatest<Row, MorePackets<Row>> greatest(count);
  for (const Row& row : rows()) greatest.add(row);
  return greatest.take();
}

template <typename Key>
void PrunedCounts<Key>::keep_of_more_than(std::size_t capacity) {
  if (rows_.size() > capacity && size() > capacity) keep_greatest(capacity / 2);
}

/// Rows of the least count that is kept are as a rule too many, a packet each: which of them stay
/// goes by hash, for of a million such sources those kept must not be the lowest.
template <typename Key>
void PrunedCounts<Key>::keep_greatest(std::size_t count) {
  exact_ = false;
  if (rows_.size() <= count) return;
  std::vector<std::uint64_t> order;  // counts, then hashes
  order.reserve(rows_.size());
  for (const Row& row : rows_) order.push_back(row.packets);
  const auto least = order.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(order.begin(), least, order.end(), std::greater{});
  const std::uint64_t packets = *least;
  const auto ties = std::partition(rows_.begin(), rows_.end(),
                                   [=](const Row& row) { return row.packets > packets; });
  const auto rest =
      std::partition(ties, rows_.end(), [=](const Row& row) { return row.packets == packets; });
  order.clear();
  for (auto row = ties; row != rest; ++row) order.push_back(tie_hash(row->key));
  const auto wanted = static_cast<std::ptrdiff_t>(count) - (ties - rows_.begin());
  std::nth_element(order.begin(), order.begin() + wanted, order.end());
  const std::uint64_t first_out = order[static_cast<std::size_t>(wanted)];
  const auto hash_of_row = [](const Row& row) { return tie_hash(row.key); };
  const auto same =
      std::partition(ties, rest, [&](const Row& row) { return hash_of_row(row) < first_out; });
  // Of those with that very hash the lowest: as a rule none is wanted, for there is one.
  const auto others =
      std::partition(same, rest, [&](const Row& row) { return hash_of_row(row) == first_out; });
  std::sort(same, others, [](const Row& a, const Row& b) { return a.key < b.key; });
  rows_.resize(count);
  places_.clear();
}

/// Of the keys that came once only so many can be kept as all in all, and of those the ones of the
/// least tie_hash(). As a rule they are all below a bound that leaves twice as many.
template <typename Key>
void PrunedCounts<Key>::add_and_keep(std::span<const Key* const> keys, std::size_t capacity) {
  constexpr std::size_t kMany = 4;  // times the capacity: below that a table costs no more
  if (keys.size() < kMany * capacity) {
    std::vector<Row> rows_of_keys;
    rows_of_keys.reserve(keys.size());
    for (const Key* key : keys) rows_of_keys.push_back({*key, 1});
    add_rows(rows_of_keys);
    keep_of_more_than(capacity);
    return;
  }
  RepeatFilter filter(keys.size() + rows_.size());
  for (const Row& row : rows_) {  // counted here: not among those that came once
    const std::uint64_t hash = index_hash(row.key);
    filter.add(hash);
    filter.add(hash);
  }
  std::vector<std::uint64_t> hashes;
  hashes.reserve(keys.size());
  for (const Key* key : keys) {
    hashes.push_back(index_hash(*key));
    filter.add(hashes.back());
  }
  const std::size_t kept = capacity / 2;
  std::vector<Row> repeated;
  std::vector<const Key*> once;
  const std::uint64_t bound = ~std::uint64_t{0} / keys.size() * 2 * kept;
  std::size_t came_once = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (filter.may_repeat(hashes[i])) {
      repeated.push_back({*keys[i], 1});
      continue;
    }
    ++came_once;
    if (tie_hash(*keys[i]) < bound) once.push_back(keys[i]);
  }
  add_rows(repeated);
  const bool all = size() + came_once <= capacity;
  if (once.size() < (all ? came_once : std::min(came_once, kept))) {
    once.clear();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!filter.may_repeat(hashes[i])) once.push_back(keys[i]);
    }
  }
  for (const Key* key : once) rows_.push_back({*key, 1});
  places_.clear();
  if (!all) keep_greatest(kept);
}

template <typename Key>
void PrunedCounts<Key>::add_rows(std::span<const Row> rows) {
  const std::size_t most = rows_.size() + rows.size();
  if (places_.empty() && most <= kUnsorted) {
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    distinct_ = false;
    return;
  }
  if (2 * most >= places_.size()) build_index(most);
  add_all(rows);
}

template <typename Key>
void PrunedCounts<Key>::add_distinct(std::vector<Row>&& rows) {
  if (rows_.empty()) {
    rows_ = std::move(rows);
    places_.clear();
    distinct_ = true;
  } else {
    for (const Row& row : rows) add(row.key, row.packets);
  }
}

template <typename Key>
void PrunedCounts<Key>::merge(const PrunedCounts& other) {
  exact_ = exact_ && other.exact_;
  if (rows_.empty()) {
    rows_ = other.rows_;
    distinct_ = other.distinct_;
    places_.clear();
  } else {
    add_rows(other.rows_);
  }
  prune();
}

template <typename Key>
void PrunedCounts<Key>::clear() {
  const bool hardly_used = rows_.size() * 64 < rows_.capacity();
  rows_.clear();
  places_.clear();
  if (hardly_used) {  // else the memory stays for the next window
    rows_.shrink_to_fit();
    places_.shrink_to_fit();
  }
  distinct_ = true;
  exact_ = true;
}

template class PrunedCounts<IpAddress>;
template class PrunedCounts<std::uint16_t>;

void PortCounts::spread_into(std::unique_ptr<All> all) {
  all_ = std::move(all);
  few_.for_each([this](std::uint16_t port, std::uint64_t packets) { (*all_)[port] += packets; });
  few_.clear();
}

void PortCounts::spread_if_many() {
  if (few_.held() > kFew && few_.size() > kFew) spread_into(std::make_unique<All>());
}

void PortCounts::add_to_few(std::uint16_t port, std::uint64_t packets) {
  few_.add(port, packets);
  spread_if_many();
}

void PortCounts::add_distinct(std::vector<Row>&& rows) {
  if (all_ == nullptr) {
    few_.add_distinct(std::move(rows));
    spread_if_many();
  } else {
    for (const Row& row : rows) (*all_)[row.key] += row.packets;
  }
}

void PortCounts::merge(const PortCounts& other) {
  exact_ = exact_ && other.exact_;
  if (all_ == nullptr && other.all_ == nullptr) {
    few_.merge(other.few_);
    spread_if_many();
  } else if (all_ == nullptr) {
    spread_into(std::make_unique<All>(*other.all_));
  } else if (other.all_ == nullptr) {
    other.few_.for_each(
        [this](std::uint16_t port, std::uint64_t packets) { (*all_)[port] += packets; });
  } else {
    for (std::size_t port = 0; port < all_->size(); ++port) (*all_)[port] += (*other.all_)[port];
  }
}

void PortCounts::clear() {
  few_.clear();
  all_.reset();
  exact_ = true;
}

std::vector<PortCounts::Row> PortCounts::top(std::size_t count) const {
  if (all_ == nullptr) return few_.top(count);
  Greatest<Row, MorePackets<Row>> greatest(count);
  for (std::size_t port = 0; port < all_->size(); ++port) {
    const std::uint64_t packets = (*all_)[port];
    if (packets != 0) greatest.add({static_cast<std::uint16_t>(port), packets});
  }
  return greatest.take();
}

namespace {

/// What is certain of a sketch's rows.
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
  length.add(std::min<std::size_t>(packet.ip_bytes / 32u, length.size() - 1));
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
