// Checks a JSON value against a JSON Schema (draft 2020-12): the keywords that our own schemas use,
// and no other. An unknown keyword is an error, so that a schema cannot promise what is not
// checked.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace floodgauge::support {

class JsonSchema {
 public:
  /// Loads `file`; schemas that it refers to are looked for beside it. Throws std::runtime_error
  /// when it cannot be read.
  explicit JsonSchema(const std::filesystem::path& file);

  /// Every way in which `value` is not as the schema says, each with its place ("/engine/workers:
  /// ..."). Empty: valid.
  std::vector<std::string> errors(const nlohmann::json& value);

 private:
  using Json = nlohmann::json;
  struct Place {
    std::string document;  ///< file name of the schema in which references are resolved
    std::string path;      ///< JSON pointer into the value
  };

  const Json& document(const std::string& name);
  void check(const Json& schema, const Json& value, const Place& place);
  void check_reference(const std::string& reference, const Json& value, const Place& place);
  void check_object(const Json& schema, const Json& value, const Place& place);
  void check_number(const Json& schema, const Json& value, const Place& place);
  bool any_of(const Json& alternatives, const Json& value, const Place& place);
  void fail(const Place& place, const std::string& what);

  std::filesystem::path folder_;
  std::string name_;
  std::map<std::string, Json> documents_;
  std::vector<std::string> errors_;
};

}  // namespace floodgauge::support
