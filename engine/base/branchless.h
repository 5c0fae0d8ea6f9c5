// Selection without a branch, for conditions that no branch predictor can learn, such as which end
// of a flow sends, or TCP against UDP. A mispredicted branch costs more than computing both sides.
#pragma once

#include <cstdint>

namespace floodgauge {

/// All ones if the condition is true, else 0. The empty asm hides the value's origin from the
/// compiler, which otherwise turns masking with it back into a branch.
inline std::uint64_t mask_of(bool condition) {
  std::uint64_t mask = 0 - std::uint64_t{condition};
  asm("" : "+r"(mask));
  return mask;
}

/// The condition unchanged, for a single branch on all of it. The empty asm hides from the compiler
/// what the condition consists of, since otherwise it branches on each part.
inline bool opaque_condition(bool condition) {
  asm("" : "+r"(condition));
  return condition;
}

/// `value` if the condition is true, else 0.
inline std::uint32_t only_if(bool condition, std::uint32_t value) {
  return static_cast<std::uint32_t>(mask_of(condition)) & value;
}

/// `yes` if the condition is true, else `no`, by a conditional move.
template <typename T>
T* choose(bool condition, T* yes, T* no) {
  asm("test %b[condition], %b[condition]\n\tcmovne %[yes], %[no]"
      : [no] "+r"(no)
      : [condition] "q"(condition), [yes] "r"(yes)
      : "cc");
  return no;
}

}  // namespace floodgauge
