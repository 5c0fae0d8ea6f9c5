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

/// The condition, to be asked as one: the compiler is not shown what it is made of, for it would
/// ask each part by a branch of its own.
inline bool opaque_condition(bool condition) {
  asm("" : "+r"(condition));
  return condition;
}

/// `value` when true, else 0.
inline std::uint32_t only_if(bool condition, std::uint32_t value) {
  return static_cast<std::uint32_t>(mask_of(condition)) & value;
}

/// `yes` when true, else `no`.
template <typename T>
T* choose(bool condition, T* yes, T* no) {
  asm("test %b[condition], %b[condition]\n\tcmovne %[yes], %[no]"
      : [no] "+r"(no)
      : [condition] "q"(condition), [yes] "r"(yes)
      : "cc");
  return no;
}

}  // namespace floodgauge
