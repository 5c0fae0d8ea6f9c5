#include "config/reader.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "config/nearest.h"
#include "config/plain_text.h"

namespace floodgauge {
namespace {

const char* kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a single value";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
  }
  return "";
}

std::string unknown_key(std::string_view key, std::span<const std::string_view> known) {
  if (key == "<<") return "merge keys are not read; write the keys out, or use a profile";
  const std::string_view meant = nearest(key, known);
  if (!meant.empty()) return "unknown key; did you mean " + std::string(meant) + "?";
  return "unknown key; allowed are " + alternatives(known);
}

std::string written_twice(const YamlNode& first) {
  return "is written twice, first in line " + std::to_string(first.position.line) +
         "; keep one of the two";
}

}  // namespace

std::string KeyPath::text() const {
  std::string out = parent ? parent->text() : "";
  if (!parent) return out;
  if (key.empty()) return out + "[" + std::to_string(index) + "]";
  if (!out.empty()) out += ".";
  return out + printable(key);
}

void Reader::add(std::vector<ConfigError>& list, TextPosition position, std::string key,
                 std::string message) {
  if (list.size() >= kMaxMessages) {
    ++not_shown_;
    return;
  }
  list.push_back({file_, position.line, position.column, std::move(key), std::move(message)});
}

void Reader::error(TextPosition position, const KeyPath& path, std::string message) {
  add(errors_, position, path.text(), std::move(message));
}

void Reader::warning(TextPosition position, const KeyPath& path, std::string message) {
  add(warnings_, position, path.text(), std::move(message));
}

void Reader::error(TextPosition position, std::string key, std::string message) {
  add(errors_, position, std::move(key), std::move(message));
}

void Reader::warning(TextPosition position, std::string key, std::string message) {
  add(warnings_, position, std::move(key), std::move(message));
}

void Reader::error_in(const std::string& file, TextPosition position, std::string key,
                      std::string message) {
  add(errors_, position, std::move(key), std::move(message));
  if (!errors_.empty() && not_shown_ == 0) errors_.back().file = file;
}

bool Reader::protect_once(const IpPrefix& prefix, const std::string& file, TextPosition position,
                          const std::function<std::string()>& key) {
  if (files_.empty() || files_.back() != file) files_.push_back(file);
  const auto [first, is_new] =
      protected_.try_emplace(prefix, FirstUse{position, files_.size() - 1});
  if (is_new) return true;
  const FirstUse& use = first->second;
  const std::string& first_file = files_[use.file];
  error_in(file, position, key(),
           prefix.text() + " is protected already, in line " + std::to_string(use.position.line) +
               (first_file == file ? "" : " of " + first_file) + "; remove one of the two");
  return false;
}

void Reader::add_errors(std::vector<ConfigError> errors) {
  std::move(errors.begin(), errors.end(), std::back_inserter(errors_));
}

std::vector<const YamlNode*> Reader::match(const YamlNode& node, const KeyPath& path,
                                           std::span<const std::string_view> keys) {
  std::vector<const YamlNode*> values(keys.size(), nullptr);
  if (node.kind == YamlNode::Kind::null) return values;
  if (node.kind != YamlNode::Kind::map) {
    error(node.position, path,
          std::string("is ") + kind_name(node.kind) + "; write a map with the keys " +
              alternatives(keys));
    return values;
  }
  std::vector<const YamlNode*> met(keys.size(), nullptr);
  for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
    const YamlNode& key = node.children[i];
    if (key.kind != YamlNode::Kind::scalar) {
      error(key.position, path,
            std::string("a key is ") + kind_name(key.kind) + "; allowed are " + alternatives(keys));
      continue;
    }
    const KeyPath key_path{&path, key.text, 0};
    const auto known = std::find(keys.begin(), keys.end(), key.text);
    if (known == keys.end()) {
      error(key.position, key_path, unknown_key(key.text, keys));
      continue;
    }
    const auto index = static_cast<std::size_t>(known - keys.begin());
    if (met[index]) {
      error(key.position, key_path, written_twice(*met[index]));
      continue;
    }
    met[index] = &key;
    values[index] = &node.children[i + 1];
  }
  return values;
}

std::vector<Reader::NamedChild> Reader::named_children(const YamlNode& node, const KeyPath& path) {
  std::vector<NamedChild> children;
  if (node.kind == YamlNode::Kind::null) return children;
  if (node.kind != YamlNode::Kind::map) {
    error(node.position, path,
          std::string("is ") + kind_name(node.kind) + "; write a map of names");
    return children;
  }
  std::unordered_map<std::string_view, const YamlNode*> met;
  for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
    const YamlNode& key = node.children[i];
    if (key.kind != YamlNode::Kind::scalar || key.text.empty()) {
      error(key.position, path, "a key is no name; write a text");
      continue;
    }
    const auto [first, is_new] = met.emplace(key.text, &key);
    if (!is_new) {
      error(key.position, {&path, key.text, 0}, written_twice(*first->second));
      continue;
    }
    children.push_back({&key, &node.children[i + 1]});
  }
  return children;
}

std::span<const YamlNode> Reader::items(const YamlNode& node, const KeyPath& path,
                                        const std::string& allowed) {
  if (node.kind == YamlNode::Kind::list) return node.children;
  if (node.kind == YamlNode::Kind::scalar) {
    error(node.position, path, "is a single value; write a list: [" + printable(node.text) + "]");
  } else if (node.kind == YamlNode::Kind::map) {
    error(node.position, path, "is a map; write a list of " + allowed);
  }
  return {};
}

const std::string* Reader::scalar(const YamlNode& node, const KeyPath& path,
                                  const std::string& allowed) {
  if (node.kind == YamlNode::Kind::scalar) return &node.text;
  const bool nothing = node.kind == YamlNode::Kind::null;
  error(node.position, path,
        (nothing ? "has no value" : std::string("is ") + kind_name(node.kind)) + "; write " +
            allowed);
  return nullptr;
}

std::vector<ConfigError> Reader::sorted(std::vector<ConfigError> list) {
  std::stable_sort(list.begin(), list.end(), [this](const ConfigError& a, const ConfigError& b) {
    // Errors of other files come after those of the configuration.
    return std::tuple(a.file != file_, std::string_view(a.file), a.line, a.column) <
           std::tuple(b.file != file_, std::string_view(b.file), b.line, b.column);
  });
  return list;
}

std::vector<ConfigError> Reader::take_errors() {
  auto list = sorted(std::exchange(errors_, {}));
  if (not_shown_ > 0) {
    list.push_back(
        {file_, 0, 0, "", std::to_string(not_shown_) + " more are not shown; mend these first"});
  }
  return list;
}

std::vector<ConfigError> Reader::take_warnings() {
  return sorted(std::exchange(warnings_, {}));
}

}  // namespace floodgauge
