// A comparison that can be flipped at run time. bench/flips/run writes `a < b` as
// `a < flips::At<7, flips::Op::lt>() < b`: the precedence of the operators stays as it was, so that
// nothing else of the expression has to be understood.
//
//   FLIP=7              flips the comparison of this number
//   FLIP_KIND=negate    to its opposite (the default)
//   FLIP_KIND=bound     with its bound: < becomes <=, and <= becomes <
//   FLIP_HITS=FILE      appends the numbers of the comparisons that were made, at the end
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace flips {

enum class Op { lt, le, gt, ge, eq, ne };

inline constexpr int kMost = 4096;
inline bool hit[kMost];

struct Chosen {
  int number = -1;
  bool bound = false;
  Chosen() {
    if (const char* text = std::getenv("FLIP")) number = std::atoi(text);
    const char* kind = std::getenv("FLIP_KIND");
    bound = kind != nullptr && std::strcmp(kind, "bound") == 0;
  }
  ~Chosen() {
    const char* path = std::getenv("FLIP_HITS");
    std::FILE* const file = path == nullptr ? nullptr : std::fopen(path, "a");
    for (int i = 0; file != nullptr && i < kMost; ++i) {
      if (hit[i]) std::fprintf(file, "%d\n", i);
    }
    if (file != nullptr) std::fclose(file);
  }
};
inline Chosen chosen;

template <Op op, class A, class B>
constexpr bool compare(const A& a, const B& b) {
  if constexpr (op == Op::lt)
    return a < b;
  else if constexpr (op == Op::le)
    return a <= b;
  else if constexpr (op == Op::gt)
    return a > b;
  else if constexpr (op == Op::ge)
    return a >= b;
  else if constexpr (op == Op::eq)
    return a == b;
  else
    return a != b;
}

/// With the bound on the other side; of == and != there is none.
constexpr Op beside(Op op) {
  switch (op) {
    case Op::lt:
      return Op::le;
    case Op::le:
      return Op::lt;
    case Op::gt:
      return Op::ge;
    case Op::ge:
      return Op::gt;
    default:
      return op;
  }
}

template <int number, Op op>
struct At {};

template <int number, Op op, class A>
struct Left {
  const A& a;
};

template <int number, Op op, class A, class B>
constexpr bool result(const A& a, const B& b) {
  if (!std::is_constant_evaluated()) {
    hit[number] = true;
    if (chosen.number == number) [[unlikely]] {
      if (!chosen.bound) return !compare<op>(a, b);
      if constexpr (beside(op) != op) return compare<beside(op)>(a, b);
    }
  }
  return compare<op>(a, b);
}

template <class A, int number, Op op>
constexpr Left<number, op, A> operator<(const A& a, At<number, op>) {
  return {a};
}
template <class A, int number, Op op>
constexpr Left<number, op, A> operator==(const A& a, At<number, op>) {
  return {a};
}
template <int number, Op op, class A, class B>
constexpr bool operator<(Left<number, op, A> left, const B& b) {
  return result<number, op>(left.a, b);
}
template <int number, Op op, class A, class B>
constexpr bool operator==(Left<number, op, A> left, const B& b) {
  return result<number, op>(left.a, b);
}

}  // namespace flips
