// Arrays of plain data for the tables of the hot path: of fixed size, zeroed, page-aligned. Large
// ones are on huge pages if the kernel provides them. Only touched pages are resident.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "engine/base/prefault.h"

namespace floodgauge {

/// The pages of an array. Small pages save memory if only a few parts of a large array are used.
enum class Pages : std::uint8_t { huge_if_large, small };

template <typename T>
class HugeArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  HugeArray() = default;
  /// Throws std::bad_alloc when the memory cannot be mapped.
  explicit HugeArray(std::size_t count, Pages pages = Pages::huge_if_large) : count_(count) {
    if (count == 0) return;
    void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    // This is only a hint. Without huge pages everything works, with more TLB misses. A small array
    // gets none, since its first byte would make a whole huge page resident.
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
  /// Makes the whole array resident. Throws std::bad_alloc when there is not enough memory.
  void prefault() { floodgauge::prefault(data_, bytes()); }

 private:
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  static_assert(alignof(T) <= kPage);

  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace floodgauge
