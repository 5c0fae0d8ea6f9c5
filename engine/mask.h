// Choices without a branch, for what comes in no order: which end of a flow sends, TCP or UDP. A
// branch that is taken as a coin falls costs more than both ways together.
#pragma once

#include <cstdint>

namespace floodgauge {

/// All ones when true, else 0. The compiler is not shown which, for it would make a branch of what
/// is masked with it.
inline std::uint64_t mask_of(bool condition) {
  std::uint64_t mask = 0 - std::uint64_t{condition};
  asm("" : "+r"(mask));
  return mask;
}

/// `value` when true, else 0.
inline std::uint32_t only_if(bool condition, std::uint32_t value) {
  return static_cast<std::uint32_t>(mask_of(condition)) & value;
}

/// The lesser and the greater of two numbers.
inline std::uint32_t lesser(std::uint32_t one, std::uint32_t other) {
  return other ^ only_if(one < other, one ^ other);
}
inline std::uint32_t greater(std::uint32_t one, std::uint32_t other) {
  return one ^ only_if(one < other, one ^ other);
}

/// `pointer` when true, else nullptr.
template <typename T>
T* only_if(bool condition, T* pointer) {
  const std::uint64_t bits = reinterpret_cast<std::uintptr_t>(pointer) & mask_of(condition);
  // The bits of the pointer itself, or of none: nothing is gained by knowing where it came from.
  return reinterpret_cast<T*>(bits);  // NOLINT(performance-no-int-to-ptr)
}

/// The one of two pointers that is not nullptr: `first`, where it is not.
template <typename T>
T* either(T* first, T* second) {
  const std::uint64_t other = reinterpret_cast<std::uintptr_t>(only_if(first == nullptr, second));
  const std::uint64_t bits = reinterpret_cast<std::uintptr_t>(first) | other;
  return reinterpret_cast<T*>(bits);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace floodgauge
