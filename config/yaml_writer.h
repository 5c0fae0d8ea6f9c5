// Writes block-style YAML line by line: the subset that the printer needs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace floodgauge {

class YamlWriter {
 public:
  /// `key: text`, with quotes where the text needs them.
  void scalar(std::string_view key, std::string_view text);
  /// `key: [a, b]`, or one item a line when that does not fit on one line.
  void list(std::string_view key, const std::vector<std::string>& items);
  /// `key:`. What follows belongs to it, up to close().
  void open(std::string_view key);
  void close();
  /// Begins an item of the open list. What follows is its map, up to end_item().
  void begin_item();
  void end_item();

  std::string take() { return std::move(out_); }

 private:
  void begin_line();

  std::string out_;
  std::size_t indent_ = 0;
  bool item_pending_ = false;  ///< the next line is the first of an item
};

/// The text itself where YAML reads it as that text, otherwise in double quotes.
std::string yaml_quoted(std::string_view text);

}  // namespace floodgauge
