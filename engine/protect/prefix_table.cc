#include "engine/protect/prefix_table.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace floodgauge {
namespace {

template <typename Prefix>
void sort_and_keep_first(std::vector<Prefix>& prefixes) {
  std::stable_sort(prefixes.begin(), prefixes.end(), [](const Prefix& a, const Prefix& b) {
    return std::tie(a.bits, a.length) < std::tie(b.bits, b.length);
  });
  const auto same = [](const Prefix& a, const Prefix& b) {
    return a.bits == b.bits && a.length == b.length;
  };
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end(), same), prefixes.end());
}

/// Clears the bits after the first `length`.
template <typename Key>
Key cut(Key bits, unsigned length) {
  return length == 0 ? Key{0} : bits & ~Key{0} << (sizeof(Key) * 8 - length);
}

}  // namespace

PrefixTable::PrefixTable(Poptrie<KeyV4> v4, Poptrie<KeyV6> v6)
    : v4_(std::move(v4)), v6_(std::move(v6)) {}

std::unique_ptr<const PrefixTable> PrefixTable::build(std::span<const Entry> entries) {
  std::vector<Poptrie<KeyV4>::Prefix> v4;
  std::vector<Poptrie<KeyV6>::Prefix> v6;
  for (const Entry& entry : entries) {
    if (entry.id >= kNoPrefix) {
      throw std::invalid_argument("prefix " + entry.prefix.text() + ": id out of range");
    }
    const IpAddress& address = entry.prefix.address;
    const std::uint8_t length = entry.prefix.length;
    if (entry.prefix.v6) {
      v6.push_back({cut(v6_key(address), length), length, entry.id});
    } else {
      v4.push_back({cut(v4_key(address), length), length, entry.id});
    }
  }
  sort_and_keep_first(v4);
  sort_and_keep_first(v6);
  return std::unique_ptr<const PrefixTable>(new PrefixTable({v4, kNoPrefix}, {v6, kNoPrefix}));
}

void PrefixTable::lookup_burst(std::span<const IpAddress* const> addresses,
                               std::uint32_t* ids) const noexcept {
  constexpr std::size_t kChunk = 32;
  std::array<Poptrie<KeyV4>::Pending, kChunk> v4;
  std::array<Poptrie<KeyV6>::Pending, kChunk> v6;
  while (!addresses.empty()) {
    const std::size_t count = std::min(kChunk, addresses.size());
    std::size_t pending_v4 = 0;
    std::size_t pending_v6 = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const IpAddress& address = *addresses[i];
      if (address.is_v4()) {
        v4[pending_v4].index = i;
        if (!v4_.begin(v4_key(address), v4[pending_v4], ids[i])) ++pending_v4;
      } else {
        v6[pending_v6].index = i;
        if (!v6_.begin(v6_key(address), v6[pending_v6], ids[i])) ++pending_v6;
      }
    }
    v4_.finish({v4.data(), pending_v4}, ids);
    v6_.finish({v6.data(), pending_v6}, ids);
    addresses = addresses.subspan(count);
    ids += count;
  }
}

std::size_t PrefixTable::memory_bytes() const {
  return sizeof *this + v4_.memory_bytes() + v6_.memory_bytes();
}

}  // namespace floodgauge
