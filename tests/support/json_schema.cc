#include "tests/support/json_schema.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>

#include <regex.h>

namespace floodgauge::support {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 16> kKnownKeywords = {
    "$schema",  "$defs",       "$ref",
    "title",    "description", "type",
    "required", "properties",  "additionalProperties",
    "items",    "enum",        "pattern",
    "anyOf",    "minimum",     "maximum",
    "maxItems"};

bool is_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  throw std::runtime_error("schema: no such type: " + type);
}

bool is_one_of(const Json& value, const Json& types) {
  if (types.is_string()) return is_type(value, types.get<std::string>());
  return std::any_of(types.begin(), types.end(),
                     [&](const Json& type) { return is_type(value, type.get<std::string>()); });
}

/// Uses POSIX extended regular expressions. The patterns of our schemas keep to the syntax that
/// these share with ECMA-262.
bool matches(const std::string& text, const std::string& pattern) {
  regex_t compiled;
  if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
    throw std::runtime_error("schema: no such pattern: " + pattern);
  }
  const bool matched = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return matched;
}

}  // namespace

JsonSchema::JsonSchema(const std::filesystem::path& file)
    : folder_(file.parent_path()), name_(file.filename().string()) {
  document(name_);
}

std::vector<std::string> JsonSchema::errors(const Json& value) {
  errors_.clear();
  check(document(name_), value, {name_, ""});
  return errors_;
}

const Json& JsonSchema::document(const std::string& name) {
  const auto known = documents_.find(name);
  if (known != documents_.end()) return known->second;
  std::ifstream in(folder_ / name);
  if (!in) throw std::runtime_error("cannot read " + (folder_ / name).string());
  return documents_.emplace(name, Json::parse(in)).first->second;
}

void JsonSchema::fail(const Location& location, const std::string& what) {
  errors_.push_back((location.path.empty() ? "/" : location.path) + ": " + what);
}

void JsonSchema::check(const Json& schema, const Json& value, const Location& location) {
  if (schema.is_boolean()) {
    if (!schema.get<bool>()) fail(location, "nothing is allowed here");
    return;
  }
  for (const auto& [keyword, argument] : schema.items()) {
    if (std::find(kKnownKeywords.begin(), kKnownKeywords.end(), keyword) == kKnownKeywords.end()) {
      throw std::runtime_error("schema: keyword not supported: " + keyword);
    }
  }
  if (schema.contains("$ref")) check_reference(schema["$ref"], value, location);
  if (schema.contains("type") && !is_one_of(value, schema["type"])) {
    fail(location, value.dump() + " is not of type " + schema["type"].dump());
    return;
  }
  if (schema.contains("enum")) {
    const Json& allowed = schema["enum"];
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      fail(location, value.dump() + " is not one of " + allowed.dump());
    }
  }
  if (schema.contains("anyOf") && !any_of(schema["anyOf"], value, location)) {
    fail(location, value.dump() + " matches no alternative");
  }
  if (schema.contains("pattern") && value.is_string() &&
      !matches(value.get<std::string>(), schema["pattern"].get<std::string>())) {
    fail(location, value.dump() + " does not match " + schema["pattern"].dump());
  }
  if (value.is_object()) check_object(schema, value, location);
  if (value.is_number()) check_number(schema, value, location);
  if (value.is_array() && value.size() > schema.value("maxItems", value.size())) {
    fail(location, "has more than " + schema["maxItems"].dump() + " items");
  }
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      check(schema["items"], value[i],
            {location.document, location.path + "/" + std::to_string(i)});
    }
  }
}

void JsonSchema::check_reference(const std::string& reference, const Json& value,
                                 const Location& location) {
  const std::size_t hash = std::min(reference.find('#'), reference.size());
  const std::string name = hash == 0 ? location.document : reference.substr(0, hash);
  const std::string pointer = hash < reference.size() ? reference.substr(hash + 1) : "";
  check(document(name).at(Json::json_pointer(pointer)), value, {name, location.path});
}

void JsonSchema::check_object(const Json& schema, const Json& value, const Location& location) {
  for (const Json& key : schema.value("required", Json::array())) {
    if (!value.contains(key.get<std::string>())) fail(location, "lacks " + key.dump());
  }
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [key, member] : value.items()) {
    const Location inside{location.document, location.path + "/" + key};
    if (properties.contains(key)) {
      check(properties[key], member, inside);
    } else if (schema.contains("additionalProperties")) {
      check(schema["additionalProperties"], member, inside);
    }
  }
}

void JsonSchema::check_number(const Json& schema, const Json& value, const Location& location) {
  if (schema.contains("minimum") && value < schema["minimum"]) {
    fail(location, value.dump() + " is below " + schema["minimum"].dump());
  }
  if (schema.contains("maximum") && value > schema["maximum"]) {
    fail(location, value.dump() + " is above " + schema["maximum"].dump());
  }
}

bool JsonSchema::any_of(const Json& alternatives, const Json& value, const Location& location) {
  std::vector<std::string> before = std::move(errors_);
  bool matched = false;
  for (const Json& alternative : alternatives) {
    errors_.clear();
    check(alternative, value, location);
    matched = matched || errors_.empty();
  }
  errors_ = std::move(before);
  return matched;
}

}  // namespace floodgauge::support
