#include "engine/classify/signature_file.h"

#include <yaml-cpp/yaml.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>

namespace floodgauge {
namespace {

/// Reads the signatures and collects all errors, each with its position in the file.
class Reader {
 public:
  Reader(const std::string& file, std::vector<SignatureError>& errors)
      : file_(file), errors_(errors) {}

  std::vector<Signature> read(std::string_view text);

 private:
  SignaturePosition position_of(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_, 1, 1};
    return {file_, mark.line + 1, mark.column + 1};
  }
  void fail(const YAML::Node& node, std::string message) {
    errors_.push_back({position_of(node.Mark()), std::move(message)});
  }

  std::optional<Signature> read_one(const YAML::Node& node);
  void read_name(const YAML::Node& value, Signature& signature);
  void read_vector(const YAML::Node& value, Signature& signature);
  void read_pattern(const YAML::Node& value, Signature& signature);
  void read_flags(const YAML::Node& value, Signature& signature);
  void read_ports(const YAML::Node& value, Signature& signature);

  std::string file_;
  std::vector<SignatureError>& errors_;
  std::set<std::string> names_;
};

bool scalar(const YAML::Node& node) {
  return node.IsScalar();
}

void Reader::read_name(const YAML::Node& value, Signature& signature) {
  const std::string name = scalar(value) ? value.Scalar() : "";
  const bool good = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (!good) {
    fail(value, "name: must be 1 to 64 of a-z, 0-9, _ and -");
  } else if (!names_.insert(name).second) {
    fail(value, "name: " + name + " is used twice in this file; names must be unique");
  }
  signature.name = name;
}

void Reader::read_vector(const YAML::Node& value, Signature& signature) {
  const std::string name = scalar(value) ? value.Scalar() : "";
  for (const VectorInfo& row : vector_table()) {
    // reflection_port is for services that are named by their port; a signature has no port.
    if (row.name == name && row.attack && row.vector != Vector::reflection_port) {
      signature.vector = row.vector;
      return;
    }
  }
  fail(value, "vector: \"" + name.substr(0, 64) +
                  "\" is not an attack vector; write one as in the report, e.g. reflection_dns");
}

void Reader::read_pattern(const YAML::Node& value, Signature& signature) {
  signature.position = position_of(value.Mark());
  signature.pattern = scalar(value) ? value.Scalar() : "";
  if (signature.pattern.empty()) {
    fail(value, "pattern: must be an expression in single quotes");
  } else if (signature.pattern.size() > kMaxPatternBytes) {
    fail(value, "pattern: longer than " + std::to_string(kMaxPatternBytes) + " bytes");
  } else if (signature.pattern.find('\0') != std::string::npos) {
    fail(value, "pattern: holds a zero byte; write it as \\x00 in single quotes");
  }
}

void Reader::read_flags(const YAML::Node& value, Signature& signature) {
  if (!value.IsSequence()) return fail(value, "flags: must be a list, e.g. [caseless]");
  for (const YAML::Node& flag : value) {
    const std::string name = scalar(flag) ? flag.Scalar() : "";
    if (name == "caseless") {
      signature.caseless = true;
    } else if (name == "multiline") {
      signature.multiline = true;
    } else {
      fail(flag, "flags: \"" + name.substr(0, 64) + "\" is unknown; known are caseless, multiline");
    }
  }
}

void Reader::read_ports(const YAML::Node& value, Signature& signature) {
  if (!value.IsSequence() || value.size() == 0) {
    return fail(value, "ports: must be a list of ports, e.g. [53, 5353]");
  }
  for (const YAML::Node& port : value) {
    unsigned number = 0;
    const std::string text = scalar(port) ? port.Scalar() : "";
    const bool digits = !text.empty() && text.size() <= 5 &&
                        std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (digits) number = static_cast<unsigned>(std::stoul(text));
    if (number < 1 || number > 65535) {
      fail(port, "ports: must be numbers from 1 to 65535");
    } else {
      signature.ports.push_back(static_cast<std::uint16_t>(number));
    }
  }
}

std::optional<Signature> Reader::read_one(const YAML::Node& node) {
  if (!node.IsMap()) {
    fail(node, "a signature must have the keys name, vector and pattern");
    return std::nullopt;
  }
  const std::size_t errors_before = errors_.size();
  Signature signature;
  std::set<std::string> seen;
  for (const auto& item : node) {
    const std::string key = scalar(item.first) ? item.first.Scalar() : "";
    if (!seen.insert(key).second) {
      fail(item.first, key.substr(0, 64) + ": written twice");
    } else if (key == "name") {
      read_name(item.second, signature);
    } else if (key == "vector") {
      read_vector(item.second, signature);
    } else if (key == "pattern") {
      read_pattern(item.second, signature);
    } else if (key == "flags") {
      read_flags(item.second, signature);
    } else if (key == "ports") {
      read_ports(item.second, signature);
    } else {
      fail(item.first,
           key.substr(0, 64) + ": unknown key; known are name, vector, pattern, flags and ports");
    }
  }
  for (const char* required : {"name", "vector", "pattern"}) {
    if (!seen.contains(required)) fail(node, std::string(required) + ": missing");
  }
  if (errors_.size() != errors_before) return std::nullopt;
  return signature;
}

std::vector<Signature> Reader::read(std::string_view text) {
  std::vector<Signature> signatures;
  if (text.size() > kMaxSignatureFileBytes) {
    errors_.push_back({{file_, 1, 1},
                       "larger than " + std::to_string(kMaxSignatureFileBytes) +
                           " bytes: not a file of signatures"});
    return signatures;
  }
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (!root.IsMap()) {
      fail(root, "must be a list under the key signatures:");
      return signatures;
    }
    for (const auto& item : root) {
      if (!scalar(item.first) || item.first.Scalar() != "signatures") {
        fail(item.first, "unknown key; the only one is signatures");
      }
    }
    const YAML::Node list = root["signatures"];
    if (!list || !list.IsSequence()) {
      fail(list ? list : root, "signatures: must be a list");
      return signatures;
    }
    if (list.size() > kMaxSignatures) {
      fail(list, "signatures: more than " + std::to_string(kMaxSignatures));
      return signatures;
    }
    for (const YAML::Node& node : list) {
      if (auto signature = read_one(node)) signatures.push_back(std::move(*signature));
    }
  } catch (const YAML::Exception& error) {
    errors_.push_back({position_of(error.mark), "not YAML: " + error.msg});
  }
  return signatures;
}

}  // namespace

std::string SignatureError::text() const {
  return position.file + ":" + std::to_string(position.line) + ":" +
         std::to_string(position.column) + ": " + message;
}

std::vector<Signature> parse_signatures(std::string_view text, const std::string& file,
                                        std::vector<SignatureError>& errors) {
  return Reader(file, errors).read(text);
}

std::vector<Signature> read_signature_file(const std::string& path,
                                           std::vector<SignatureError>& errors) {
  std::ifstream stream(path, std::ios::binary);
  std::string text(kMaxSignatureFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream && !stream.eof()) {
    errors.push_back({{path, 1, 1},
                      std::string("cannot be read: ") + std::strerror(errno) +
                          "; check the path that `signatures` names"});
    return {};
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return parse_signatures(text, path, errors);
}

}  // namespace floodgauge
