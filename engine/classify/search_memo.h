// Keeps what the last short payloads matched, so that a flood that repeats its payload is searched
// once. Exact: a result is returned only for a payload whose bytes all equal those that were
// searched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "engine/classify/payload.h"

namespace floodgauge {

/// Belongs to one worker and one set of signatures.
class SearchMemo {
 public:
  /// Longer payloads are always searched: comparing their bytes would cost about as much.
  static constexpr std::size_t kMaxBytes = 256;

  /// The result kept for the same bytes, unless another payload has replaced them.
  std::optional<unsigned> find(Payload payload) const {
    if (payload.size() > kMaxBytes) return std::nullopt;
    const Entry& entry = entries_[slot_of(payload)];
    if (entry.size != payload.size() ||
        std::memcmp(entry.bytes.data(), payload.data(), payload.size()) != 0) {
      return std::nullopt;
    }
    return entry.result;
  }

  /// Replaces the entry that was in the payload's slot.
  void keep(Payload payload, unsigned result) {
    if (payload.size() > kMaxBytes) return;
    Entry& entry = entries_[slot_of(payload)];
    entry.size = payload.size();
    entry.result = result;
    std::memcpy(entry.bytes.data(), payload.data(), payload.size());
  }

 private:
  static constexpr std::size_t kEntries = 16;
  static constexpr std::size_t kNothing = ~std::size_t{0};

  struct Entry {
    std::size_t size = kNothing;
    unsigned result = 0;
    std::array<std::uint8_t, kMaxBytes> bytes{};
  };

  /// Hashes the length and up to eight bytes at either end. Payloads that differ only in between
  /// replace each other, which costs a search and nothing else.
  static std::size_t slot_of(Payload payload) {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    const std::size_t bytes = payload.size() < sizeof head ? payload.size() : sizeof head;
    if (bytes != 0) {
      std::memcpy(&head, payload.data(), bytes);
      std::memcpy(&tail, payload.data() + payload.size() - bytes, bytes);
    }
    constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
    const std::uint64_t mixed = (head * kMultiplier ^ tail) + payload.size();
    return static_cast<std::size_t>(mixed * kMultiplier >> 60);
  }
  static_assert(kEntries == std::size_t{1} << (64 - 60));

  std::array<Entry, kEntries> entries_;
};

}  // namespace floodgauge
