#include "engine/classify/pattern_prefix.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace floodgauge {
namespace {

using Bytes = PatternPrefix::Bytes;
/// A set of offsets into the payload. Bit kBeyond stands for all offsets from there on.
using Offsets = std::uint32_t;

constexpr std::size_t kBeyond = PatternPrefix::kBytes;
constexpr unsigned kUnlimited = std::numeric_limits<unsigned>::max();
/// Nested repetitions are read repeatedly: the limit of atoms that are read, and of the nesting.
constexpr unsigned kMaxSteps = 20000;
constexpr unsigned kMaxDepth = 32;

Bytes range(unsigned first, unsigned last) {
  Bytes bytes;
  for (unsigned byte = first; byte <= last; ++byte) bytes.set(byte);
  return bytes;
}

Bytes all_bytes() {
  return ~Bytes{};
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Collects from a pattern which bytes may stand at which offset. Each function reads one part of
/// the pattern: it takes the offsets at which that part may begin, and returns those at which it
/// may end.
class Reader {
 public:
  Reader(std::string_view pattern, bool caseless) : pattern_(pattern), caseless_(caseless) {}

  std::optional<PatternPrefix> read() {
    if (!take('^')) return std::nullopt;
    const Offsets ends = sequence(1, 0);
    if (failed_ || at_ != pattern_.size()) return std::nullopt;
    prefix_.ends = ends;
    // Once a match is complete, anything may follow.
    for (std::size_t offset = 0; offset < kBeyond; ++offset) {
      if (prefix_.may_end_before(offset)) prefix_.bytes[offset] = all_bytes();
    }
    return prefix_;
  }

 private:
  struct Repetition {
    unsigned least = 1;
    unsigned most = 1;
  };

  bool more() const { return at_ < pattern_.size() && !failed_; }
  char next() const { return pattern_[at_]; }
  bool take(char c) {
    if (!more() || next() != c) return false;
    ++at_;
    return true;
  }
  Offsets fail() {
    failed_ = true;
    return 0;
  }

  /// Reads up to the end of the pattern, or to a ) or |.
  Offsets sequence(Offsets begins, unsigned depth) {
    Offsets offsets = begins;
    while (more() && next() != ')' && next() != '|') offsets = repeated(offsets, depth);
    return offsets;
  }

  Offsets alternatives(Offsets begins, unsigned depth) {
    Offsets ends = sequence(begins, depth);
    while (take('|')) ends |= sequence(begins, depth);
    return ends;
  }

  Offsets repeated(Offsets begins, unsigned depth) {
    const std::size_t from = at_;
    Offsets now = atom(begins, depth);
    const std::optional<Repetition> repetition = read_repetition();
    if (!repetition) return fail();
    const std::size_t after = at_;
    Offsets ends = repetition->least == 0 ? begins : 0;
    if (repetition->least <= 1) ends |= now;
    for (unsigned times = 2; times <= repetition->most && !failed_; ++times) {
      at_ = from;
      const Offsets then = atom(now, depth);
      const bool settled = then == now;
      now = then;
      const bool nothing_new = times >= repetition->least && (ends | now) == ends;
      if (times >= repetition->least) ends |= now;
      if (nothing_new) break;
      if (settled) {  // all further repetitions have the same effect
        ends |= now;
        break;
      }
    }
    at_ = after;
    return ends;
  }

  /// Empty when the repetition is not understood.
  std::optional<Repetition> read_repetition() {
    Repetition repetition;
    if (take('?')) {
      repetition = {0, 1};
    } else if (take('*')) {
      repetition = {0, kUnlimited};
    } else if (take('+')) {
      repetition = {1, kUnlimited};
    } else if (take('{')) {
      const std::optional<unsigned> least = number();
      if (!least) return std::nullopt;
      repetition = {*least, *least};
      if (take(',')) {
        repetition.most = kUnlimited;
        if (more() && next() != '}') {
          const std::optional<unsigned> most = number();
          if (!most || *most < *least) return std::nullopt;
          repetition.most = *most;
        }
      }
      if (!take('}')) return std::nullopt;
    } else {
      return repetition;
    }
    take('?');  // a lazy repetition matches the same payloads
    if (more() && (next() == '+' || next() == '*' || next() == '{')) return std::nullopt;
    return repetition;
  }

  std::optional<unsigned> number() {
    std::optional<unsigned> value;
    while (more() && next() >= '0' && next() <= '9') {
      value = std::min(value.value_or(0) * 10 + static_cast<unsigned>(next() - '0'), 1'000'000u);
      ++at_;
    }
    return value;
  }

  Offsets atom(Offsets begins, unsigned depth) {
    if (++steps_ > kMaxSteps || depth > kMaxDepth) return fail();
    if (take('(')) return group(begins, depth + 1);
    if (take('$')) return begins;
    if (take('.')) return one_of(all_bytes(), begins);
    if (take('[')) return one_of(char_class(), begins);
    if (take('\\')) return one_of(escape(), begins);
    const char c = next();
    if (c == '^' || c == '*' || c == '+' || c == '?' || c == '{' || c == '|' || c == ')') {
      return fail();
    }
    ++at_;
    return one_of(one(c), begins);
  }

  Offsets group(Offsets begins, unsigned depth) {
    if (take('?') && !take(':')) return fail();
    const Offsets ends = alternatives(begins, depth);
    return take(')') ? ends : fail();
  }

  Offsets one_of(Bytes bytes, Offsets begins) {
    if (caseless_) {
      for (unsigned letter = 'a'; letter <= 'z'; ++letter) {
        const unsigned upper = letter - 'a' + 'A';
        if (bytes[letter] || bytes[upper]) bytes.set(letter).set(upper);
      }
    }
    for (Offsets left = begins; left != 0; left &= left - 1) {
      const auto offset = static_cast<std::size_t>(std::countr_zero(left));
      if (offset < kBeyond) prefix_.bytes[offset] |= bytes;
    }
    constexpr Offsets kAll = (Offsets{2} << kBeyond) - 1;
    return (begins << 1 & kAll) | (begins & Offsets{1} << kBeyond);
  }

  static Bytes one(char c) { return Bytes{}.set(static_cast<unsigned char>(c)); }

  /// Reads what follows a backslash.
  Bytes escape() {
    if (!more()) return fail(), Bytes{};
    const char c = next();
    ++at_;
    const Bytes digits = range('0', '9');
    const Bytes word = digits | range('a', 'z') | range('A', 'Z') | one('_');
    const Bytes space = range('\t', '\r') | one(' ');
    switch (c) {
      case 'd':
        return digits;
      case 'D':
        return ~digits;
      case 'w':
        return word;
      case 'W':
        return ~word;
      case 's':
        return space;
      case 'S':
        return all_bytes();  // versions differ in whether \v is a space
      case 'n':
        return one('\n');
      case 'r':
        return one('\r');
      case 't':
        return one('\t');
      case 'f':
        return one('\f');
      case 'x':
        return hex_byte();
      default:
        if (is_letter_or_digit(c)) fail();
        return one(c);
    }
  }

  Bytes hex_byte() {
    unsigned value = 0;
    for (int digit = 0; digit < 2; ++digit) {
      const std::optional<unsigned> read = more() ? hex_digit(next()) : std::nullopt;
      if (!read) return fail(), Bytes{};
      value = value * 16 + *read;
      ++at_;
    }
    return Bytes{}.set(value);
  }

  /// Reads what follows a [.
  Bytes char_class() {
    const bool inverse = take('^');
    Bytes bytes;
    for (bool first = true; more() && (next() != ']' || first); first = false) {
      Bytes low = class_member();
      if (more() && next() == '-' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
        ++at_;
        const Bytes high = class_member();
        if (low.count() != 1 || high.count() != 1) return fail(), Bytes{};
        low = range(lowest(low), lowest(high));
        if (low.none()) return fail(), Bytes{};
      }
      bytes |= low;
    }
    if (!take(']')) fail();
    return inverse && caseless_ ? all_bytes() : inverse ? ~bytes : bytes;
  }

  Bytes class_member() {
    if (!more()) return fail(), Bytes{};
    if (take('\\')) return escape();
    const char c = next();
    if (c == '[') return fail(), Bytes{};  // [:names:]
    ++at_;
    return one(c);
  }

  static unsigned lowest(const Bytes& bytes) {
    unsigned byte = 0;
    while (byte < 256 && !bytes[byte]) ++byte;
    return byte;
  }

  std::string_view pattern_;
  bool caseless_;
  std::size_t at_ = 0;
  unsigned steps_ = 0;
  bool failed_ = false;
  PatternPrefix prefix_;
};

}  // namespace

std::optional<PatternPrefix> prefix_of_pattern(std::string_view pattern, bool caseless) {
  return Reader(pattern, caseless).read();
}

}  // namespace floodgauge
