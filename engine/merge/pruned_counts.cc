#include "engine/merge/pruned_counts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <utility>

#include "engine/base/address.h"
#include "engine/base/keyed_hash.h"
#include "engine/base/prefetch.h"
#include "engine/merge/greatest.h"
#include "engine/merge/repeat_filter.h"

namespace floodgauge {
namespace {

/// A random key, not one from the configured seed: an attacker who knew it could choose sources or
/// ports that all collide in the index, so that adding each would cost a walk over all of them. No
/// reported figure depends on this key.
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

/// Of keys with equal counts, those with the least tie_hash() are kept. Without a key, so that
/// every process reports the same.
std::uint64_t tie_hash(const IpAddress& address) {
  const std::uint64_t x = (address.high() * 0x9e3779b97f4a7c15u) ^ address.low();
  const std::uint64_t y = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
  return y ^ (y >> 32);
}

std::uint64_t tie_hash(std::uint16_t port) {
  return (port * 0x9e3779b97f4a7c15u) >> 32;
}

}  // namespace

/// An entry of the index is 0 when it is free. Otherwise the bits of index_mask() hold the row + 1,
/// and the other bits a part of the key's hash, so that rows of other keys are seldom read. Returns
/// the row.
template <typename Key>
std::size_t PrunedCounts<Key>::add_hashed(const Row& row, std::uint64_t hash) const {
  const std::uint32_t mask = index_mask();
  const auto tag = static_cast<std::uint32_t>(hash >> 16) & ~mask;
  for (auto at = static_cast<std::uint32_t>(hash) & mask;; at = (at + 1) & mask) {
    const std::uint32_t entry = index_[at];
    if (entry == 0) {
      rows_.push_back(row);
      index_[at] = tag | static_cast<std::uint32_t>(rows_.size());
      return rows_.size() - 1;
    }
    if ((entry & ~mask) != tag) continue;
    Row& known = rows_[(entry & mask) - 1];
    if (known.key == row.key) {
      known.packets += row.packets;
      return (entry & mask) - 1;
    }
  }
}

/// Adds rows, prefetching the index entries of the rows ahead. The index must have room.
template <typename Key>
void PrunedCounts<Key>::add_all(std::span<const Row> rows) const {
  constexpr std::size_t kAhead = 16;
  std::array<std::uint64_t, kAhead> hashes{};
  const auto prefetch = [&](std::size_t i) {
    if (i >= rows.size()) return;
    hashes[i % kAhead] = index_hash(rows[i].key);
    prefetch_line(&index_[hashes[i % kAhead] & index_mask()]);
  };
  for (std::size_t i = 0; i < kAhead; ++i) prefetch(i);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t hash = hashes[i % kAhead];
    prefetch(i + kAhead);
    add_hashed(rows[i], hash);
  }
}

/// Builds an index with room for `room` keys, and adds up rows of the same key.
template <typename Key>
void PrunedCounts<Key>::build_index(std::size_t room) const {
  index_.assign(std::bit_ceil(std::max<std::size_t>(64, 2 * room + 1)), 0);
  const std::vector<Row> all = std::exchange(rows_, {});
  rows_.reserve(all.size());
  add_all(all);
  distinct_ = true;
}

template <typename Key>
void PrunedCounts<Key>::add_indexed(const Key& key, std::uint64_t packets) {
  if (rows_.size() * 2 >= index_.size()) build_index(2 * rows_.size());
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

/// There are usually too many rows with the least count that is kept (one packet each). Which of
/// them stay is decided by tie_hash(): of a million such sources, those kept must not simply be the
/// lowest addresses.
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
  // Rows with exactly that hash: the lowest keys stay. There is usually one, and it does not stay.
  const auto others =
      std::partition(same, rest, [&](const Row& row) { return hash_of_row(row) == first_out; });
  std::sort(same, others, [](const Row& a, const Row& b) { return a.key < b.key; });
  rows_.resize(count);
  index_.clear();
}

/// Of the keys that came once, at most capacity / 2 can stay: those with the least tie_hash().
/// Almost always they lie below a bound that about twice as many keys are below, so only those are
/// collected first.
template <typename Key>
void PrunedCounts<Key>::add_and_keep(std::span<const Key* const> keys, std::size_t capacity) {
  constexpr std::size_t kMany = 4;  // times the capacity; with fewer keys a table costs no more
  if (keys.size() < kMany * capacity) {
    std::vector<Row> rows_of_keys;
    rows_of_keys.reserve(keys.size());
    for (const Key* key : keys) rows_of_keys.push_back({*key, 1});
    add_rows(rows_of_keys);
    keep_of_more_than(capacity);
    return;
  }
  RepeatFilter filter(keys.size() + rows_.size());
  for (const Row& row : rows_) {  // already counted, so they count as repeated
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
  index_.clear();
  if (!all) keep_greatest(kept);
}

template <typename Key>
void PrunedCounts<Key>::add_rows(std::span<const Row> rows) {
  const std::size_t most = rows_.size() + rows.size();
  if (index_.empty() && most <= kUnsorted) {
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    distinct_ = false;
    return;
  }
  if (2 * most >= index_.size()) build_index(most);
  add_all(rows);
}

template <typename Key>
void PrunedCounts<Key>::add_distinct(std::vector<Row>&& rows) {
  if (rows_.empty()) {
    rows_ = std::move(rows);
    index_.clear();
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
    index_.clear();
  } else {
    add_rows(other.rows_);
  }
  prune();
}

template <typename Key>
void PrunedCounts<Key>::clear() {
  const bool hardly_used = rows_.size() * 64 < rows_.capacity();
  rows_.clear();
  index_.clear();
  if (hardly_used) {  // otherwise the memory is kept for the next window
    rows_.shrink_to_fit();
    index_.shrink_to_fit();
  }
  distinct_ = true;
  exact_ = true;
}

template class PrunedCounts<IpAddress>;
template class PrunedCounts<std::uint16_t>;

}  // namespace floodgauge
