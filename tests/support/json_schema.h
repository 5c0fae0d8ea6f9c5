// Checks a JSON value against a JSON Schema (draft 2020-12). Only the keywords that our own schemas
// use are supported. Any other keyword is an error, so that no part of a schema is silently
// ignored.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace floodgauge::support {

class JsonSchema {
 public:
  /// Loads `file`; schemas that it refers to must be in the same folder. Throws std::runtime_error
  /// when a file cannot be read.
  explicit JsonSchema(const std::filesystem::path& file);

  /// Every violation of the schema by `value`, each with its JSON pointer ("/engine/workers: ...").
  /// Empty when `value` is valid.
  std::vector<std::string> errors(const nlohmann::json& value);

 private:
  using Json = nlohmann::json;
  struct Location {
    std::string document;  ///< file name of the schema in which references are resolved
    std::string path;      ///< JSON pointer into the value
  };

  const Json& document(const std::string& name);
  void check(const Json& schema, const Json& value, const Location& location);
  void check_reference(const std::string& reference, const Json& value, const Location& location);
  void check_object(const Json& schema, const Json& value, const Location& location);
  void check_number(const Json& schema, const Json& value, const Location& location);
  bool any_of(const Json& alternatives, const Json& value, const Location& location);
  void fail(const Location& location, const std::string& what);

  std::filesystem::path folder_;
  std::string name_;
  std::map<std::string, Json> documents_;
  std::vector<std::string> errors_;
};

}  // namespace floodgauge::support
