#include "config/values.h"

#include <algorithm>
#include <cctype>

#include "config/plain_text.h"
#include "config/prefix_file.h"

namespace floodgauge {
namespace {

/// Greatest rate a second: 1 Pbit/s is more than any link carries, and a double holds it exactly.
constexpr double kMaxPerSecond = 1e15;
constexpr std::uint64_t kMtuLow = 68;  // RFC 791: the least MTU of any link
constexpr std::uint64_t kMtuHigh = 65535;

/// The unit that a number without one was probably meant in, milliseconds or seconds, by the
/// bounds.
const char* usual_unit(Nanoseconds high) {
  return high <= whole_seconds(60) ? "ms" : "s";
}

bool is_port_number(std::string_view text) {
  return text.size() <= 5 && parse_count(text).value_or(65536) <= 65535;
}

bool is_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port_number(text.substr(colon + 1))) return false;
  std::string_view host = text.substr(0, colon);
  if (!host.starts_with('[')) {
    return host.find(':') == std::string_view::npos && IpAddress::parse(host).has_value();
  }
  if (!host.ends_with(']')) return false;
  host = host.substr(1, host.size() - 2);
  return host.find(':') != std::string_view::npos && IpAddress::parse(host).has_value();
}

std::optional<IpPrefix> read_prefix(Reader& reader, const YamlNode& node, const KeyPath& path) {
  const auto* text = reader.scalar(node, path, "a prefix like 192.0.2.0/24");
  if (!text) return std::nullopt;
  std::string problem;
  auto prefix = parse_prefix(*text, problem);
  if (!prefix) reader.error(node.position, path, std::move(problem));
  return prefix;
}

}  // namespace

std::optional<std::uint64_t> read_count(Reader& reader, const YamlNode& node, const KeyPath& path,
                                        std::uint64_t low, std::uint64_t high,
                                        const std::string& allowed) {
  const auto* text = reader.scalar(node, path, allowed);
  if (!text) return std::nullopt;
  const auto value = parse_count(*text);
  if (value && *value >= low && *value <= high) return value;
  const bool digits_alone = text->find_first_not_of("0123456789") == std::string::npos;
  reader.error(node.position, path,
               printable(*text) +
                   (digits_alone && !text->empty() ? " is out of range" : " is no whole number") +
                   "; write " + allowed);
  return std::nullopt;
}

std::optional<double> read_decimal(Reader& reader, const YamlNode& node, const KeyPath& path,
                                   double low, double high, const std::string& allowed) {
  const auto* text = reader.scalar(node, path, allowed);
  if (!text) return std::nullopt;
  const auto value = parse_decimal(*text);
  if (value && *value >= low && *value <= high) return value;
  reader.error(
      node.position, path,
      printable(*text) + (value ? " is out of range" : " is no number") + "; write " + allowed);
  return std::nullopt;
}

std::optional<std::uint64_t> read_size(Reader& reader, const YamlNode& node, const KeyPath& path,
                                       std::uint64_t low, std::uint64_t high,
                                       const std::string& allowed) {
  const auto* text = reader.scalar(node, path, allowed);
  if (!text) return std::nullopt;
  const auto parsed = parse_size(*text);
  if (parsed.value && *parsed.value >= low && *parsed.value <= high) return parsed.value;
  reader.error(
      node.position, path,
      parsed.value ? printable(*text) + " is out of range; write " + allowed : parsed.problem);
  return std::nullopt;
}

std::optional<Nanoseconds> read_duration(Reader& reader, const YamlNode& node, const KeyPath& path,
                                         Nanoseconds low, Nanoseconds high,
                                         const std::string& allowed) {
  const auto* text = reader.scalar(node, path, allowed);
  if (!text) return std::nullopt;
  const auto parsed = parse_duration(*text, usual_unit(high));
  if (parsed.value && *parsed.value >= low && *parsed.value <= high) return parsed.value;
  reader.error(node.position, path,
               !parsed.value ? parsed.problem
                             : printable(*text) + " is too " +
                                   (*parsed.value < low ? "short" : "long") + "; write " + allowed);
  return std::nullopt;
}

std::string rate_allowed(RateKind kind) {
  switch (kind) {
    case RateKind::packets:
      return "a rate in pps, kpps or Mpps, or none";
    case RateKind::events:
      return "a rate in ps, kps or Mps, or none";
    case RateKind::bits:
      return "a rate in bps, kbps, Mbps, Gbps or Tbps, or none";
  }
  return "";
}

std::string rate_or_none_text(const std::optional<double>& rate, RateKind kind) {
  return rate ? rate_text(*rate, kind) : "none";
}

void read_rate(Reader& reader, const YamlNode& node, const KeyPath& path, RateKind kind,
               std::optional<double>& out) {
  const auto* text = reader.scalar(node, path, rate_allowed(kind));
  if (!text) return;
  if (*text == "none") {
    out.reset();
    return;
  }
  const auto parsed = parse_rate(*text, kind);
  if (!parsed.value) {
    reader.error(node.position, path, parsed.problem);
  } else if (*parsed.value <= 0) {
    reader.error(node.position, path,
                 printable(*text) + " is no limit; write more than 0, or none to have no limit");
  } else if (*parsed.value > kMaxPerSecond) {
    reader.error(node.position, path,
                 printable(*text) + " is beyond any link; write at most " +
                     rate_text(kMaxPerSecond, kind) + ", or none");
  } else {
    out = parsed.value;
  }
}

void read_prefixes(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<IpPrefix>& out, bool each_once) {
  out.clear();
  const bool is_list = node.kind == YamlNode::Kind::list || node.kind == YamlNode::Kind::null;
  const auto items = reader.items(node, path, "prefixes");
  if (each_once && is_list && items.empty()) {
    reader.error(node.position, path, "is empty; write one prefix or more");
  }
  out.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const KeyPath item_path{&path, "", i};
    const auto prefix = read_prefix(reader, items[i], item_path);
    if (!prefix) continue;
    if (each_once && !reader.protect_once(*prefix, reader.file(), items[i].position,
                                          [&item_path] { return item_path.text(); })) {
      continue;
    }
    out.push_back(*prefix);
  }
}

void Flag::read(Reader& reader, const YamlNode& node, const KeyPath& path, bool& out) {
  const auto* text = reader.scalar(node, path, allowed());
  if (!text) return;
  if (*text != "true" && *text != "false") {
    reader.error(node.position, path,
                 printable(*text) + " is neither true nor false; write one of them");
    return;
  }
  out = *text == "true";
}

std::string Seed::allowed() {
  return "random or 0 to " + std::to_string(std::numeric_limits<std::uint64_t>::max());
}

void Seed::read(Reader& reader, const YamlNode& node, const KeyPath& path,
                std::optional<std::uint64_t>& out) {
  if (node.kind == YamlNode::Kind::scalar && node.text == "random") {
    out.reset();
    return;
  }
  const auto value =
      read_count(reader, node, path, 0, std::numeric_limits<std::uint64_t>::max(), allowed());
  if (value) out = value;
}

std::string Mtu::allowed() {
  return std::to_string(kMtuLow) + " to " + std::to_string(kMtuHigh) + " (bytes)";
}

std::optional<std::string> Mtu::text(std::uint32_t value) {
  if (value == 0) return std::nullopt;
  return std::to_string(value);
}

void Mtu::read(Reader& reader, const YamlNode& node, const KeyPath& path, std::uint32_t& out) {
  const auto* text = reader.scalar(node, path, allowed());
  if (!text) return;
  const auto bytes = parse_count(*text);
  const auto value = bytes ? bytes : parse_size(*text).value;
  if (!value || *value < kMtuLow || *value > kMtuHigh) {
    reader.error(node.position, path, printable(*text) + " is no MTU; write " + allowed());
    return;
  }
  out = static_cast<std::uint32_t>(*value);
}

void read_line(Reader& reader, const YamlNode& node, const KeyPath& path, std::size_t most,
               const std::string& allowed, std::string& out) {
  const auto* text = reader.scalar(node, path, allowed);
  if (!text) return;
  if (!is_plain_line(*text)) {
    reader.error(node.position, path, printable(*text) + " has control characters; write one line");
  } else if (text->size() > most) {
    reader.error(node.position, path,
                 printable(*text) + " has " + std::to_string(text->size()) +
                     " bytes; write at most " + std::to_string(most));
  } else {
    out = *text;
  }
}

std::optional<std::string> Identifier::text(const std::string& value) {
  if (value.empty()) return std::nullopt;
  return value;
}

void Identifier::read(Reader& reader, const YamlNode& node, const KeyPath& path, std::string& out) {
  const auto* text = reader.scalar(node, path, allowed());
  if (!text) return;
  const bool fits = std::all_of(text->begin(), text->end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (!fits || text->empty() || text->size() > 32) {
    reader.error(node.position, path,
                 "\"" + printable(*text) + "\" is no name; write " + allowed());
    return;
  }
  out = *text;
}

void ListenAddress::read(Reader& reader, const YamlNode& node, const KeyPath& path,
                         std::string& out) {
  const auto* text = reader.scalar(node, path, allowed());
  if (!text) return;
  if (*text == "none") {
    out.clear();
  } else if (is_listen_address(*text)) {
    out = *text;
  } else {
    reader.error(node.position, path,
                 "\"" + printable(*text) +
                     "\" is no address to listen at; write one like 127.0.0.1:9733, [::1]:9733, "
                     "0.0.0.0:9733 for all, or none");
  }
}

void FilePaths::read(Reader& reader, const YamlNode& node, const KeyPath& path,
                     std::vector<std::string>& out) {
  out.clear();
  const auto items = reader.items(node, path, "paths");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const KeyPath item_path{&path, "", i};
    std::string file;
    FilePath::read(reader, items[i], item_path, file);
    if (!file.empty()) out.push_back(std::move(file));
  }
}

void FilePaths::write(YamlWriter& writer, std::string_view key,
                      const std::vector<std::string>& value) {
  writer.list(key, value);
}

void FilePaths::describe(std::vector<KeyDescription>& rows, const std::string& key,
                         const std::vector<std::string>& /*defaults*/) {
  rows.push_back({key, allowed(), ""});
}

void HostNames::read(Reader& reader, const YamlNode& node, const KeyPath& path,
                     std::vector<std::string>& out) {
  out.clear();
  const auto items = reader.items(node, path, "host names");
  if (items.size() > kMost) {
    reader.error(node.position, path,
                 "has " + std::to_string(items.size()) + " names; at most " +
                     std::to_string(kMost) + " are allowed");
    return;
  }
  constexpr std::string_view kAlphabet =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
  constexpr std::size_t kLongest = 253;  // RFC 1035, section 2.3.4, without the root
  for (std::size_t i = 0; i < items.size(); ++i) {
    const KeyPath item_path{&path, "", i};
    const auto* name = reader.scalar(items[i], item_path, "a host name");
    if (!name) continue;
    if (name->empty() || name->size() > kLongest ||
        name->find_first_not_of(kAlphabet) != std::string::npos) {
      reader.error(
          items[i].position, item_path,
          "\"" + printable(*name) +
              "\" is no name of a host; write one without a port, like sensor.example.net");
      continue;
    }
    out.push_back(*name);
  }
}

void HostNames::write(YamlWriter& writer, std::string_view key,
                      const std::vector<std::string>& value) {
  writer.list(key, value);
}

void UdpPorts::read(Reader& reader, const YamlNode& node, const KeyPath& path,
                    std::vector<std::uint16_t>& out) {
  out.clear();
  const auto items = reader.items(node, path, "UDP ports");
  if (items.size() > kMost) {
    reader.error(node.position, path,
                 "has " + std::to_string(items.size()) + " ports; at most " +
                     std::to_string(kMost) + " are allowed");
    return;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const KeyPath item_path{&path, "", i};
    const auto port = read_count(reader, items[i], item_path, 1, 65535, "1 to 65535");
    if (!port) continue;
    const auto number = static_cast<std::uint16_t>(*port);
    if (std::find(out.begin(), out.end(), number) != out.end()) {
      reader.error(items[i].position, item_path,
                   "port " + std::to_string(number) + " is in the list already; remove one");
      continue;
    }
    out.push_back(number);
  }
}

void UdpPorts::write(YamlWriter& writer, std::string_view key,
                     const std::vector<std::uint16_t>& value) {
  std::vector<std::string> texts;
  texts.reserve(value.size());
  for (const std::uint16_t port : value) texts.push_back(std::to_string(port));
  writer.list(key, texts);
}

void Prefixes::write(YamlWriter& writer, std::string_view key, const std::vector<IpPrefix>& value) {
  std::vector<std::string> texts;
  texts.reserve(value.size());
  for (const auto& prefix : value) texts.push_back(prefix.text());
  writer.list(key, texts);
}

void Prefixes::describe(std::vector<KeyDescription>& rows, const std::string& key,
                        const std::vector<IpPrefix>& /*defaults*/) {
  rows.push_back({key, allowed(), ""});
}

void ProfileName::read(Reader& reader, const YamlNode& node, const KeyPath& path,
                       std::string& out) {
  const auto* text = reader.scalar(node, path, allowed());
  if (!text) return;
  out = *text;
  if (*text != "default") reader.profile_uses.push_back({node.position, path.text(), *text});
}

}  // namespace floodgauge
