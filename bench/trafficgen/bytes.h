// A growing array of bytes, to which payloads and headers are appended in network byte order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bench/trafficgen/rng.h"

namespace floodgauge::trafficgen {

class Bytes {
 public:
  Bytes& u8(std::uint32_t value) {
    data_.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }
  Bytes& u16(std::uint32_t value) { return u8(value >> 8).u8(value); }
  Bytes& u24(std::uint32_t value) { return u8(value >> 16).u16(value); }
  Bytes& u32(std::uint32_t value) { return u16(value >> 16).u16(value); }
  Bytes& u64(std::uint64_t value) {
    return u32(static_cast<std::uint32_t>(value >> 32)).u32(static_cast<std::uint32_t>(value));
  }
  Bytes& le16(std::uint32_t value) { return u8(value).u8(value >> 8); }
  Bytes& le32(std::uint32_t value) { return le16(value).le16(value >> 16); }
  Bytes& text(std::string_view value) {
    data_.insert(data_.end(), value.begin(), value.end());
    return *this;
  }
  Bytes& append(std::span<const std::uint8_t> value) {
    data_.insert(data_.end(), value.begin(), value.end());
    return *this;
  }
  Bytes& fill(std::size_t count, std::uint8_t value = 0) {
    data_.insert(data_.end(), count, value);
    return *this;
  }
  Bytes& random(std::size_t count, Rng& rng) {
    for (std::size_t i = 0; i < count; i += 8) {
      std::uint64_t word = rng.next();
      for (std::size_t byte = i; byte < count && byte < i + 8; ++byte, word >>= 8) {
        u8(static_cast<std::uint32_t>(word & 0xff));
      }
    }
    return *this;
  }
  /// Overwrites two bytes at `at`: for lengths that are known only later.
  void set16(std::size_t at, std::size_t value) {
    data_[at] = static_cast<std::uint8_t>(value >> 8);
    data_[at + 1] = static_cast<std::uint8_t>(value);
  }
  /// Overwrites four bytes at `at`.
  void set32(std::size_t at, std::uint32_t value) {
    set16(at, value >> 16);
    set16(at + 2, value);
  }
  void resize(std::size_t size) { data_.resize(size); }
  void clear() { data_.clear(); }

  std::size_t size() const { return data_.size(); }
  std::uint8_t operator[](std::size_t at) const { return data_[at]; }
  std::span<const std::uint8_t> view() const { return data_; }

 private:
  std::vector<std::uint8_t> data_;
};

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace floodgauge::trafficgen
