// Fixed-size zeroed arrays of plain data for the tables of the hot path: page-aligned, large ones
// on huge pages where the kernel gives them, resident only where touched.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "engine/base/prefault.h"

namespace floodgauge {

/// Which pages an array is to lie on. On small ones what is used a little takes up little.
enum class Pages : std::uint8_t { huge_if_large, small };

template <typename T>
class HugeArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  HugeArray() = default;
  /// Throws std::bad_alloc when the memory cannot be had.
  explicit HugeArray(std::size_t count, Pages pages = Pages::huge_if_large) : count_(count) {
    if (count == 0) return;
    void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    // A hint only: without huge pages everything works, with more TLB misses. A small array would
    // take up a whole one with its first byte.
    if (bytes() >= kHugePage) {
      madvise(memory, bytes(), pages == Pages::small ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
    }
    data_ = static_cast<T*>(memory);
  }
  HugeArray(HugeArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  HugeArray& operator=(HugeArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  HugeArray(const HugeArray&) = delete;
  HugeArray& operator=(const HugeArray&) = delete;
  ~HugeArray() {
    if (data_ != nullptr) munmap(data_, bytes());
  }

  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  std::size_t bytes() const { return count_ * sizeof(T); }
  /// Throws std::bad_alloc when there is not enough memory.
  void prefault() { floodgauge::prefault(data_, bytes()); }

 private:
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  static_assert(alignof(T) <= kPage);

  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace floodgauge
