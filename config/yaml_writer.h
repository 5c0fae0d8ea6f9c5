// Block-style YAML, line by line, in the subset that the printer needs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace floodgauge {

class YamlWriter {
 public:
  /// `key: text`, quoted where the text needs it.
  void scalar(std::string_view key, std::string_view text);
  /// `key: [a, b]`, or an item a line when that is longer than a line.
  void list(std::string_view key, const std::vector<std::string>& items);
  /// `key:` and what follows belongs to it, until close().
  void open(std::string_view key);
  void close();
  /// Begins an item of the list that is open; what follows is its map, until end_item().
  void begin_item();
  void end_item();

  std::string take() { return std::move(out_); }

 private:
  void begin_line();

  std::string out_;
  std::size_t indent_ = 0;
  bool item_pending_ = false;  ///< the next line is the first of an item
};

/// The text itself where YAML reads it back as that text, else in double quotes.
std::string yaml_quoted(std::string_view text);

}  // namespace floodgauge
