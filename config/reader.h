// Reads values from a YAML tree and collects the errors with their positions.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/loader.h"
#include "config/yaml_tree.h"

namespace floodgauge {

/// The path of a key as a linked list of its parts on the stack. It becomes text only for a
/// message.
struct KeyPath {
  const KeyPath* parent = nullptr;
  std::string_view key;   ///< empty for an item of a list
  std::size_t index = 0;  ///< index of that item

  /// "protect[2].prefixes[0]"
  std::string text() const;
};

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void error(TextPosition position, const KeyPath& path, std::string message);
  void error(TextPosition position, std::string key, std::string message);
  void warning(TextPosition position, const KeyPath& path, std::string message);
  void warning(TextPosition position, std::string key, std::string message);
  void add_errors(std::vector<ConfigError> errors);
  /// An error in another file than the configuration.
  void error_in(const std::string& file, TextPosition position, std::string key,
                std::string message);
  bool has_errors() const { return !errors_.empty(); }

  /// The value of each of `keys`, or nullptr for keys that are missing. Reports an error when
  /// `node` is not a map, and for keys that are unknown or written twice. A missing value counts as
  /// an empty map.
  std::vector<const YamlNode*> match(const YamlNode& node, const KeyPath& path,
                                     std::span<const std::string_view> keys);

  struct NamedChild {
    const YamlNode* key;
    const YamlNode* value;
  };
  /// Keys and values of a map whose keys are names. A name written twice is returned once, with its
  /// first value.
  std::vector<NamedChild> named_children(const YamlNode& node, const KeyPath& path);

  /// Items of a list. Reports an error when `node` is not a list. A missing value counts as an
  /// empty list.
  std::span<const YamlNode> items(const YamlNode& node, const KeyPath& path,
                                  const std::string& allowed);

  /// The text of a scalar. Reports an error and returns nullptr when `node` is not a scalar.
  const std::string* scalar(const YamlNode& node, const KeyPath& path, const std::string& allowed);

  /// A profile named by an entry. It must exist somewhere in the file.
  struct ProfileUse {
    TextPosition position;
    std::string key;
    std::string name;
  };
  std::vector<ProfileUse> profile_uses;
  /// Notes a protected prefix. Reports an error and returns false when it was written before, in
  /// the configuration or in a file of prefixes. `key` makes the text of the key for the message.
  bool protect_once(const IpPrefix& prefix, const std::string& file, TextPosition position,
                    const std::function<std::string()>& key);
  ConfigPositions positions;

  /// Returns the messages ordered by line, and removes them.
  std::vector<ConfigError> take_errors();
  std::vector<ConfigError> take_warnings();
  const std::string& file() const { return file_; }

 private:
  /// Limits the memory that a large file full of errors can use up.
  static constexpr std::size_t kMaxMessages = 1000;

  void add(std::vector<ConfigError>& list, TextPosition position, std::string key,
           std::string message);
  std::vector<ConfigError> sorted(std::vector<ConfigError> list);

  /// Where a protected prefix was written first; `file` is an index of files_.
  struct FirstUse {
    TextPosition position;
    std::size_t file;
  };

  std::string file_;
  std::vector<std::string> files_;  ///< the files in which prefixes were written
  std::map<IpPrefix, FirstUse> protected_;
  std::vector<ConfigError> errors_;
  std::vector<ConfigError> warnings_;
  std::size_t not_shown_ = 0;
};

}  // namespace floodgauge
