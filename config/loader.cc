#include "config/loader.h"

#include <new>

#include "config/file_text.h"
#include "config/nearest.h"
#include "config/plain_text.h"
#include "config/prefix_file.h"
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

/// Notes the positions of a map's values under their paths.
void note_values(const YamlNode& map, const std::string& path, ConfigPositions& positions) {
  if (map.kind != YamlNode::Kind::map) return;
  for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
    positions.try_emplace(path + "." + map.children[i].text, map.children[i + 1].position);
  }
}

void note_positions(const YamlNode& document, ConfigPositions& positions) {
  for (const char* key : {"protect", "ports"}) {
    if (const YamlNode* value = find_value(document, key)) positions[key] = value->position;
  }
  if (const YamlNode* exports = find_value(document, "export")) {
    note_values(*exports, "export", positions);
  }
  const YamlNode* ports = find_value(document, "ports");
  if (!ports || ports->kind != YamlNode::Kind::list) return;
  for (std::size_t i = 0; i < ports->children.size(); ++i) {
    const YamlNode& port = ports->children[i];
    const std::string path = "ports[" + std::to_string(i) + "]";
    positions[path] = port.position;
    note_values(port, path, positions);
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

/// Adds the prefixes of the files that entries of protect name. An entry needs prefixes or a file.
void read_prefix_files(Reader& reader, const YamlNode& document, Settings& settings) {
  const YamlNode* entries = find_value(document, "protect");
  if (!entries || entries->kind != YamlNode::Kind::list) return;
  for (std::size_t i = 0; i < settings.protect.size(); ++i) {
    const YamlNode& node = entries->children[i];
    if (node.kind != YamlNode::Kind::map) continue;
    ProtectEntry& entry = settings.protect[i];
    const auto key = [i](const char* name) { return "protect[" + std::to_string(i) + "]." + name; };
    if (!find_value(node, "file")) {
      if (!find_value(node, "prefixes")) {
        reader.error(node.position, key("prefixes"),
                     "is missing; write a list of IPv4 and IPv6 prefixes, or file: with a path");
      }
      continue;
    }
    if (entry.file.empty()) continue;
    PrefixFile file = read_prefix_file(entry.file, key("file"));
    for (ConfigError& error : file.errors) {
      reader.error_in(error.file, {error.line, error.column}, std::move(error.key),
                      std::move(error.message));
    }
    for (const PrefixLine& line : file.prefixes) {
      if (reader.protect_once(line.prefix, entry.file, line.position,
                              [&] { return key("file"); })) {
        entry.prefixes.push_back(line.prefix);
      }
    }
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
  read_prefix_files(reader, root, settings);
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
  std::string text;
  const std::string wrong = read_file_text(path, YamlLimits{}.file_bytes, text);
  if (!wrong.empty()) return failed(path, {}, wrong);
  return parse_config(text, path);
}

}  // namespace floodgauge
