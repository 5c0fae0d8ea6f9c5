// The values of `services` and `maintenance`: ports of a protocol, and moments of time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "config/values.h"

namespace floodgauge {

/// "443/tcp"; nothing when the text is no port of 1 to 65535 of TCP or UDP.
std::optional<ServicePort> parse_service_port(std::string_view text);
std::string service_port_text(const ServicePort& port);

/// A point in time as RFC 3339 writes it in UTC: "2026-12-01T01:00:00Z". Seconds may be missing.
/// Nothing for dates that do not exist, and for years outside of 2000 to 2261.
std::optional<Nanoseconds> parse_moment(std::string_view text);
std::string moment_text(Nanoseconds moment);

struct ServicePortList {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<ServicePort>& out);
  static void write(YamlWriter& writer, std::string_view key,
                    const std::vector<ServicePort>& value);
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const std::vector<ServicePort>& defaults);
  static std::string allowed() { return "a list of ports, each as 443/tcp or 443/udp"; }
};

struct Moment : ScalarKind<Moment> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, Nanoseconds& out);
  static std::optional<std::string> text(Nanoseconds value) {
    if (value.count == 0) return std::nullopt;
    return moment_text(value);
  }
  static std::string allowed() { return "a time in UTC, as 2026-12-01T01:00Z"; }
};

}  // namespace floodgauge
