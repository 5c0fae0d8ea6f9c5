// Reads a YAML tree, knows where in it a value lies, and collects what is wrong with it.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/loader.h"
#include "config/yaml_tree.h"

namespace floodgauge {

/// A key's path as a chain of its parts, on the stack: text is made of it for a message only.
struct KeyPath {
  const KeyPath* parent = nullptr;
  std::string_view key;   ///< empty for an item of a list
  std::size_t index = 0;  ///< of that item

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
  bool has_errors() const { return !errors_.empty(); }

  /// For each of `keys` the value that belongs to it, or nullptr. Says so when `node` is no map,
  /// and for keys that are unknown or written twice. A value left out altogether is an empty map.
  std::vector<const YamlNode*> match(const YamlNode& node, const KeyPath& path,
                                     std::span<const std::string_view> keys);

  struct NamedChild {
    const YamlNode* key;
    const YamlNode* value;
  };
  /// Keys and values of a map whose keys are names; of a name written twice the first.
  std::vector<NamedChild> named_children(const YamlNode& node, const KeyPath& path);

  /// Items of a list; says so when it is none. A value left out altogether is an empty list.
  std::span<const YamlNode> items(const YamlNode& node, const KeyPath& path,
                                  const std::string& allowed);

  /// The text of a scalar, or nullptr after saying that it is none.
  const std::string* scalar(const YamlNode& node, const KeyPath& path, const std::string& allowed);

  /// A profile that is named in one place and has to exist in another.
  struct ProfileUse {
    TextPosition position;
    std::string key;
    std::string name;
  };
  std::vector<ProfileUse> profile_uses;
  /// Protected prefixes by where they were met first.
  std::map<IpPrefix, TextPosition> protected_prefixes;
  ConfigPlaces places;

  /// By line; the reader is empty afterwards.
  std::vector<ConfigError> take_errors();
  std::vector<ConfigError> take_warnings();
  const std::string& file() const { return file_; }

 private:
  /// More than anybody reads; bounds what a large file of errors can make of itself.
  static constexpr std::size_t kMaxMessages = 1000;

  void add(std::vector<ConfigError>& list, TextPosition position, std::string key,
           std::string message);
  std::vector<ConfigError> sorted(std::vector<ConfigError> list);

  std::string file_;
  std::vector<ConfigError> errors_;
  std::vector<ConfigError> warnings_;
  std::size_t not_shown_ = 0;
};

}  // namespace floodgauge
