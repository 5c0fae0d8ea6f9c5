// Links a key of the file with a member of Settings. One row reads, writes and describes the key,
// so that the loader, the printer and the README cannot disagree.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "config/yaml_writer.h"

namespace floodgauge {

/// A row of a table in the README.
struct KeyDescription {
  std::string key;            ///< "engine.window"
  std::string allowed;        ///< "10ms to 10s"
  std::string default_value;  ///< "100ms"; empty when there is none
};

/// A key of the map that T is read from.
template <class T>
struct Field {
  std::string_view key;
  bool required;
  void (*read)(Reader& reader, const YamlNode& node, const KeyPath& path, T& out);
  void (*write)(YamlWriter& writer, std::string_view key, const T& value);
  void (*describe)(std::vector<KeyDescription>& rows, const std::string& key, const T& defaults);
  std::string (*allowed)();
};

/// The member's owner and type.
template <class Owner, class Value>
Owner owner_of(Value Owner::*);

enum class Presence : bool { optional, required };

/// The row of a key that `Kind` reads into `member`. A Kind is a type with the static functions
/// read(), write(), describe() and allowed().
template <auto member, class Kind>
constexpr auto field(std::string_view key, Presence presence = Presence::optional) {
  using T = decltype(owner_of(member));
  return Field<T>{
      key,
      presence == Presence::required,
      [](Reader& reader, const YamlNode& node, const KeyPath& path, T& out) {
        Kind::read(reader, node, path, out.*member);
      },
      [](YamlWriter& writer, std::string_view name, const T& value) {
        Kind::write(writer, name, value.*member);
      },
      [](std::vector<KeyDescription>& rows, const std::string& name, const T& defaults) {
        Kind::describe(rows, name, defaults.*member);
      },
      [] { return Kind::allowed(); },
  };
}

template <class T, std::size_t n>
void read_fields(Reader& reader, const YamlNode& node, const KeyPath& path,
                 const std::array<Field<T>, n>& fields, T& out) {
  std::array<std::string_view, n> keys;
  for (std::size_t i = 0; i < n; ++i) keys[i] = fields[i].key;
  const auto values = reader.match(node, path, keys);
  const bool is_map = node.kind == YamlNode::Kind::map;
  for (std::size_t i = 0; i < n; ++i) {
    const KeyPath field_path{&path, fields[i].key, 0};
    if (values[i]) {
      fields[i].read(reader, *values[i], field_path, out);
    } else if (fields[i].required && is_map) {
      reader.error(node.position, field_path, "is missing; write " + fields[i].allowed());
    }
  }
}

template <class T, std::size_t n>
void write_fields(YamlWriter& writer, const std::array<Field<T>, n>& fields, const T& value) {
  for (const auto& row : fields) row.write(writer, row.key, value);
}

template <class T, std::size_t n>
void describe_fields(std::vector<KeyDescription>& rows, const std::string& prefix,
                     const std::array<Field<T>, n>& fields, const T& defaults) {
  for (const auto& row : fields) {
    row.describe(rows, prefix.empty() ? std::string(row.key) : prefix + "." + std::string(row.key),
                 defaults);
  }
}

/// A Kind: a map with these fields.
template <const auto& fields>
struct Section {
  template <class T>
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, T& out) {
    read_fields(reader, node, path, fields, out);
  }
  template <class T>
  static void write(YamlWriter& writer, std::string_view key, const T& value) {
    writer.open(key);
    write_fields(writer, fields, value);
    writer.close();
  }
  template <class T>
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const T& defaults) {
    describe_fields(rows, key, fields, defaults);
  }
  static std::string allowed() { return "a map"; }
};

/// A Kind: a list of maps with these fields, at most `most` of them.
template <const auto& fields, std::size_t most>
struct ListOf {
  template <class T>
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, std::vector<T>& out) {
    const auto items = reader.items(node, path, "maps");
    if (items.size() > most) {
      reader.error(node.position, path,
                   "has " + std::to_string(items.size()) + " items; at most " +
                       std::to_string(most) + " are allowed");
      return;
    }
    out.clear();
    out.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      const KeyPath item_path{&path, "", i};
      if (items[i].kind == YamlNode::Kind::null) {
        reader.error(items[i].position, item_path, "has no value; write a map or remove the item");
      }
      read_fields(reader, items[i], item_path, fields, out.emplace_back());
    }
  }
  template <class T>
  static void write(YamlWriter& writer, std::string_view key, const std::vector<T>& value) {
    if (value.empty()) return writer.list(key, {});
    writer.open(key);
    for (const T& item : value) {
      writer.begin_item();
      write_fields(writer, fields, item);
      writer.end_item();
    }
    writer.close();
  }
  template <class T>
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const std::vector<T>&) {
    describe_fields(rows, key + "[]", fields, T{});
  }
  static std::string allowed() { return "a list of maps"; }
};

}  // namespace floodgauge
