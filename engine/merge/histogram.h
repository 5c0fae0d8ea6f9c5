// Counts packets by one of a few hundred values, such as the TTL. There is one of these a window
// for each target that is looked at. Most targets get packets with few different values: these are
// kept in a short list, and only more of them take a table of all values. Control path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace floodgauge {

/// For the values 0 .. Values - 1.
template <std::size_t Values>
class Histogram {
 public:
  using Counts = std::array<std::uint64_t, Values>;

  static constexpr std::size_t size() { return Values; }

  void add(std::size_t value, std::uint64_t packets = 1) {
    if (all_ != nullptr) {
      (*all_)[value] += packets;
      return;
    }
    for (std::size_t i = 0; i < used_; ++i) {
      if (few_[i].value != value) continue;
      few_[i].packets += packets;
      return;
    }
    add_value(value, packets);
  }
  void add(const std::array<std::uint32_t, Values>& packets) {
    spread();
    for (std::size_t v = 0; v < Values; ++v) (*all_)[v] += packets[v];
  }
  void merge(const Histogram& other) {
    if (other.all_ == nullptr) {
      for (std::size_t i = 0; i < other.used_; ++i) add(other.few_[i].value, other.few_[i].packets);
      return;
    }
    spread();
    for (std::size_t v = 0; v < Values; ++v) (*all_)[v] += (*other.all_)[v];
  }
  void clear() {
    used_ = 0;
    all_.reset();
  }
  std::uint64_t operator[](std::size_t value) const { return counts()[value]; }
  Counts counts() const {
    if (all_ != nullptr) return *all_;
    Counts counts{};
    for (std::size_t i = 0; i < used_; ++i) counts[few_[i].value] = few_[i].packets;
    return counts;
  }
  bool operator==(const Histogram& other) const { return counts() == other.counts(); }

 private:
  struct Row {
    std::size_t value = 0;
    std::uint64_t packets = 0;
  };
  static constexpr std::size_t kFew = 8;

  void add_value(std::size_t value, std::uint64_t packets) {
    if (used_ < kFew) {
      few_[used_++] = {value, packets};
    } else {
      spread();
      (*all_)[value] += packets;
    }
  }
  void spread() {
    if (all_ != nullptr) return;
    all_ = std::make_unique<Counts>(counts());
    used_ = 0;
  }

  std::size_t used_ = 0;
  std::array<Row, kFew> few_{};  ///< the first used_ are valid, each value once; none with all_
  std::unique_ptr<Counts> all_;
};

}  // namespace floodgauge
