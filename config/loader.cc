#include "config/loader.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <new>
#include <system_error>

#include "config/nearest.h"
#include "config/plain_text.h"
#include "config/schema.h"

namespace floodgauge {
namespace {

LoadResult failed(std::string file, TextPosition position, std::string message) {
  LoadResult result;
  result.errors.push_back(
      {std::move(file), position.line, position.column, "", std::move(message)});
  return result;
}

/// The value of a key in a map; the first one if the key is repeated.
const YamlNode* find_value(const YamlNode& map, std::string_view key) {
  if (map.kind != YamlNode::Kind::map) return nullptr;
  for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
    if (map.children[i].text == key) return &map.children[i + 1];
  }
  return nullptr;
}

void note_positions(const YamlNode& document, ConfigPositions& positions) {
  for (const char* key : {"protect", "ports"}) {
    if (const YamlNode* value = find_value(document, key)) positions[key] = value->position;
  }
  const YamlNode* ports = find_value(document, "ports");
  if (!ports || ports->kind != YamlNode::Kind::list) return;
  for (std::size_t i = 0; i < ports->children.size(); ++i) {
    const YamlNode& port = ports->children[i];
    const std::string path = "ports[" + std::to_string(i) + "]";
    positions[path] = port.position;
    for (const char* key : {"name", "side", "peer"}) {
      if (const YamlNode* value = find_value(port, key)) {
        positions[path + "." + key] = value->position;
      }
    }
  }
}

/// Checks that each profile that an entry names exists, and that some entry uses each profile.
void check_profiles(Reader& reader, const YamlNode& document, const Settings& settings) {
  std::vector<std::string_view> names;
  for (const auto& [name, profile] : settings.profiles) names.push_back(name);
  std::map<std::string_view, bool> used;
  for (const auto& use : reader.profile_uses) {
    used[use.name] = true;
    if (settings.profiles.contains(use.name)) continue;
    const std::string_view meant = nearest(use.name, names);
    reader.error(use.position, use.key,
                 printable(use.name) + " is no profile; " +
                     (meant.empty() ? "write one of " + printable(alternatives(names))
                                    : "did you mean " + printable(meant) + "?"));
  }
  const YamlNode* profiles = find_value(document, "profiles");
  if (!profiles || profiles->kind != YamlNode::Kind::map) return;
  for (std::size_t i = 0; i + 1 < profiles->children.size(); i += 2) {
    const YamlNode& key = profiles->children[i];
    if (key.text == "default" || used.contains(key.text)) continue;
    reader.warning(key.position, "profiles." + printable(key.text),
                   "no entry of protect uses this profile; name it there, or remove it");
  }
}

LoadResult parse(std::string_view yaml, const std::string& file) {
  auto document = read_yaml(yaml);
  if (const auto* fault = std::get_if<YamlFault>(&document)) {
    return failed(file, fault->position, fault->message);
  }
  const YamlNode& root = std::get<YamlNode>(document);
  Reader reader(file);
  Settings settings;
  LoadResult result;
  note_positions(root, result.positions);
  read_settings(reader, root, settings);
  check_profiles(reader, root, settings);
  // Ports that could not be read would only give a second error.
  if (!reader.has_errors()) {
    reader.add_errors(check_ports(settings, file, result.positions));
    reader.add_errors(check_services(settings, file, result.positions));
  }
  result.errors = reader.take_errors();
  result.warnings = reader.take_warnings();
  if (result.errors.empty()) result.settings = std::move(settings);
  return result;
}

}  // namespace

std::string ConfigError::text() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  out += ": ";
  if (!key.empty()) out += key + ": ";
  return out + message;
}

LoadResult parse_config(std::string_view yaml, std::string_view file_name) {
  const std::string file(file_name);
  try {
    return parse(yaml, file);
  } catch (const std::bad_alloc&) {
    return failed(file, {}, "needs more memory than there is; write less");
  }
}

LoadResult load_config(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return failed(path, {}, "is a directory; name a file");
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  const std::size_t most = YamlLimits{}.file_bytes + 1;  // one byte more shows that it is too large
  if (file) {
    std::string block(std::size_t{1} << 16, '\0');
    while (
        text.size() < most &&
        (file.read(block.data(), static_cast<std::streamsize>(block.size())), file.gcount() > 0)) {
      text.append(block, 0, static_cast<std::size_t>(file.gcount()));
    }
  }
  if (!file.is_open() || file.bad()) {
    const std::string reason = std::generic_category().message(errno != 0 ? errno : EIO);
    return failed(path, {}, "cannot be read: " + reason);
  }
  return parse_config(text, path);
}

}  // namespace floodgauge
