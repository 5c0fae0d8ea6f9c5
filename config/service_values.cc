#include "config/service_values.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <map>

#include "config/loader.h"
#include "config/plain_text.h"
#include "config/quantity.h"
#include "engine/base/ip_protocol.h"

namespace floodgauge {
namespace {

/// The number that a fixed count of digits at `at` means; nothing when there are other characters.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// Checks of `services` and `maintenance` that concern more than one key.
class ServiceChecks {
 public:
  ServiceChecks(const Settings& settings, const std::string& file, const ConfigPositions& positions)
      : settings_(settings), file_(file), positions_(positions) {}

  std::vector<ConfigError> run() {
    for (std::size_t i = 0; i < settings_.services.size(); ++i) check_service(i);
    for (std::size_t i = 0; i < settings_.protect.size(); ++i) check_maintenance(i);
    return std::move(errors_);
  }

 private:
  void error(const std::string& item, const std::string& key, std::string message) {
    const std::string path = item + "." + key;
    auto entry = positions_.find(path);
    if (entry == positions_.end()) entry = positions_.find(item);
    const TextPosition position = entry == positions_.end() ? TextPosition{} : entry->second;
    errors_.push_back({file_, position.line, position.column, path, std::move(message)});
  }

  void check_service(std::size_t i) {
    const ServiceSettings& service = settings_.services[i];
    const std::string item = "services[" + std::to_string(i) + "]";
    const auto [named, is_new_name] = names_.try_emplace(service.name, i);
    if (!is_new_name) {
      error(item, "name",
            printable(service.name) + " is the name of services[" + std::to_string(named->second) +
                "] already; give each service its own");
    }
    for (const ServicePort& port : service.ports) {
      const auto [owner, is_new] = ports_.try_emplace({port.protocol, port.port}, i);
      if (is_new) continue;
      error(item, "ports",
            service_port_text(port) + " is a port of services[" + std::to_string(owner->second) +
                "] already; write each port once");
    }
  }

  void check_maintenance(std::size_t i) {
    const auto& windows = settings_.protect[i].maintenance;
    for (std::size_t w = 0; w < windows.size(); ++w) {
      if (windows[w].from < windows[w].to) continue;
      error("protect[" + std::to_string(i) + "].maintenance[" + std::to_string(w) + "]", "to",
            moment_text(windows[w].to) + " is not after `from`; write a later time");
    }
  }

  const Settings& settings_;
  const std::string& file_;
  const ConfigPositions& positions_;
  std::map<std::string, std::size_t> names_;  ///< first service of a name
  std::map<std::pair<std::uint8_t, std::uint16_t>, std::size_t>
      ports_;  ///< first service of a port
  std::vector<ConfigError> errors_;
};

}  // namespace

std::optional<ServicePort> parse_service_port(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto number = parse_count(text.substr(0, slash));
  const std::string_view protocol = text.substr(slash + 1);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  if (protocol != "tcp" && protocol != "udp") return std::nullopt;
  return ServicePort{static_cast<std::uint16_t>(*number),
                     protocol == "tcp" ? kProtocolTcp : kProtocolUdp};
}

std::string service_port_text(const ServicePort& port) {
  return std::to_string(port.port) + (port.protocol == kProtocolTcp ? "/tcp" : "/udp");
}

std::optional<Nanoseconds> parse_moment(std::string_view text) {
  // "2026-12-01T01:00Z" or "2026-12-01T01:00:00Z"
  const bool with_seconds = text.size() == 20;
  if (text.size() != 17 && !with_seconds) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text.back() != 'Z' || (with_seconds && text[16] != ':')) {
    return std::nullopt;
  }
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = with_seconds ? digits(text, 17, 2) : std::optional(0);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*year < 2000 || *year > 2261 || *hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return whole_seconds(days * 86400 + *hour * 3600 + *minute * 60 + *second);
}

std::string moment_text(Nanoseconds moment) {
  const std::chrono::sys_seconds time{std::chrono::seconds(moment.count / 1'000'000'000)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto of_day = (time - day).count();
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(of_day / 3600),
                static_cast<int>(of_day / 60 % 60), static_cast<int>(of_day % 60));
  return text.data();
}

void ServicePortList::read(Reader& reader, const YamlNode& node, const KeyPath& path,
                           std::vector<ServicePort>& out) {
  out.clear();
  const auto items = reader.items(node, path, "ports");
  if (node.kind == YamlNode::Kind::list && items.empty()) {
    reader.error(node.position, path, "is empty; write one port or more");
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const KeyPath item_path{&path, "", i};
    const std::string* text = reader.scalar(items[i], item_path, "a port as 443/tcp");
    if (text == nullptr) continue;
    if (const auto port = parse_service_port(*text)) {
      out.push_back(*port);
    } else {
      reader.error(items[i].position, item_path,
                   printable(*text) + " is no port; write 1 to 65535 and the protocol, as 443/tcp");
    }
  }
}

void ServicePortList::write(YamlWriter& writer, std::string_view key,
                            const std::vector<ServicePort>& value) {
  std::vector<std::string> texts;
  for (const ServicePort& port : value) texts.push_back(service_port_text(port));
  writer.list(key, texts);
}

void ServicePortList::describe(std::vector<KeyDescription>& rows, const std::string& key,
                               const std::vector<ServicePort>& /*defaults*/) {
  rows.push_back({key, allowed(), ""});
}

void Moment::read(Reader& reader, const YamlNode& node, const KeyPath& path, Nanoseconds& out) {
  const std::string* text = reader.scalar(node, path, allowed());
  if (text == nullptr) return;
  if (const auto moment = parse_moment(*text)) {
    out = *moment;
  } else {
    reader.error(node.position, path, printable(*text) + " is no time; write " + allowed());
  }
}

std::vector<ConfigError> check_services(const Settings& settings, const std::string& file,
                                        const ConfigPositions& positions) {
  return ServiceChecks(settings, file, positions).run();
}

}  // namespace floodgauge
