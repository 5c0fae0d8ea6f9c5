// What the last short payloads matched, so that a flood that repeats its payload is searched once.
//
// Exact: a payload is answered for only when all of its bytes are those of one that was searched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "engine/classify/payload.h"

namespace floodgauge {

/// Of one worker and one set of signatures.
class SearchMemo {
 public:
  /// Longer ones are searched each time: most of a search is then the bytes themselves.
  static constexpr std::size_t kMostBytes = 256;

  /// What was kept for the same bytes, unless another payload has taken their place.
  std::optional<unsigned> find(Payload payload) const {
    if (payload.size() > kMostBytes) return std::nullopt;
    const Entry& entry = entries_[slot_of(payload)];
    if (entry.size != payload.size() ||
        std::memcmp(entry.bytes.data(), payload.data(), payload.size()) != 0) {
      return std::nullopt;
    }
    return entry.answer;
  }

  /// In the place of whatever was there.
  void keep(Payload payload, unsigned answer) {
    if (payload.size() > kMostBytes) return;
    Entry& entry = entries_[slot_of(payload)];
    entry.size = payload.size();
    entry.answer = answer;
    std::memcpy(entry.bytes.data(), payload.data(), payload.size());
  }

 private:
  static constexpr std::size_t kEntries = 16;
  static constexpr std::size_t kNothing = ~std::size_t{0};

  struct Entry {
    std::size_t size = kNothing;
    unsigned answer = 0;
    std::array<std::uint8_t, kMostBytes> bytes{};
  };

  /// From the length and up to eight bytes at either end. Payloads that differ only between them
  /// take each other's place, which costs a search and no more.
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
