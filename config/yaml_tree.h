// Parses YAML text into a tree with the position of every key and value. Fixed limits bound time
// and memory for any input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace floodgauge {

/// Line and column from 1, columns in bytes; 0 when there is no position.
struct TextPosition {
  int line = 0;
  int column = 0;
  auto operator<=>(const TextPosition&) const = default;
};

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, list, map };

  Kind kind = Kind::null;
  TextPosition position;  ///< of the value, or of its key when there is no value
  std::string text;       ///< of a scalar
  /// A list's items; a map's keys and values by turns, as written, doubles included.
  std::vector<YamlNode> children;
};

struct YamlFault {
  TextPosition position;
  std::string message;  ///< what is wrong, and what to write instead
};

/// An alias counts as much as the values that it stands for, so that a small file cannot unfold
/// into a large tree.
struct YamlLimits {
  std::size_t file_bytes = std::size_t{16} << 20;
  std::size_t nodes = 1'000'000;
  std::size_t text_bytes = std::size_t{64} << 20;  ///< of all scalars together
  std::size_t depth = 32;
};

/// The single document in `text`. An empty document is a fault. Throws only std::bad_alloc.
std::variant<YamlNode, YamlFault> read_yaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace floodgauge
