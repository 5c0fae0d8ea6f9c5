#include "engine/export/terminal/shared_incident.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

#include "engine/base/units.h"
#include "engine/export/report/time_text.h"
#include "engine/export/terminal/incident_view.h"
#include "engine/export/terminal/top_rows.h"

namespace floodgauge {
namespace {

using Digest = std::array<unsigned char, 16>;

Digest md5(const std::string& text) {
  Digest digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  return digest;
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

/// A name-based identifier (RFC 9562, section 5.3).
std::string uuid_of(const std::string& name) {
  Digest digest = md5("floodgauge/" + name);
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0f) | 0x30);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3f) | 0x80);
  const unsigned char* const at = digest.data();
  return hex(at, 4) + "-" + hex(at + 4, 2) + "-" + hex(at + 6, 2) + "-" + hex(at + 8, 2) + "-" +
         hex(at + 10, 6);
}

bool is_host(const std::string& target) {
  return target.find('/') == std::string::npos;
}

/// When the flood was last seen: its end, or while it is open since when it is quiet, or when it
/// was detected.
std::string last_seen(const Json& incident) {
  for (const char* key : {"end", "quiet_since", "detected"}) {
    std::string text = json_printable(incident, key);
    if (!text.empty()) return text;
  }
  return json_printable(incident, "start");
}

/// As Python writes a time, which the clearing house reads: "2026-11-21 18:00:02.300000+00:00".
std::string python_time(const std::string& rfc3339) {
  if (rfc3339.size() != 30) return rfc3339;
  return rfc3339.substr(0, 10) + " " + rfc3339.substr(11, 15) + "+00:00";
}

double seconds_of(const Json& incident) {
  const auto start = parse_time(json_printable(incident, "start"));
  const auto end = parse_time(last_seen(incident));
  return start && end ? std::max(0.0, (*end - *start).seconds()) : 0;
}

std::int64_t rounded(double value) {
  return static_cast<std::int64_t>(std::llround(value));
}

bool starts(const std::string& text, std::string_view with) {
  return text.starts_with(with);
}

bool is_fragments(const std::string& vector) {
  return vector == "fragment" || vector == "udp_fragment";
}

std::string protocol_of(const std::string& vector) {
  if (starts(vector, "tcp_") || vector == "http_request" || vector == "tls_hello" ||
      vector == "reflection_tcp") {
    return "TCP";
  }
  if (vector == "icmp" || vector == "icmpv6") return "ICMP";
  if (vector == "gre" || vector == "esp") return vector == "gre" ? "GRE" : "ESP";
  return vector == "other" || vector == "fragment" ? "IP" : "UDP";
}

Json service_of(const std::string& vector) {
  if (is_fragments(vector)) return "Fragmented IP packets";
  if (vector == "dns_query" || vector == "dns_random_subdomain") return "DNS";
  if (vector == "http_request") return "HTTP";
  if (vector == "tls_hello" || vector == "quic_initial") return "HTTPS";
  constexpr std::string_view kReflection = "reflection_";
  if (!starts(vector, kReflection) || starts(vector, "reflection_port_")) return nullptr;
  std::string name = vector.substr(kReflection.size());
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

/// The flags as the dissector writes them: CWR, ECE, URG, ACK, PSH, RST, SYN, FIN.
std::optional<std::string> flags_of(const std::string& vector) {
  if (vector == "tcp_syn") return "......S.";
  if (vector == "tcp_synack") return "...A..S.";
  if (vector == "tcp_ack") return "...A....";
  if (vector == "tcp_rst") return ".....R..";
  if (vector == "tcp_fin") return ".......F";
  return std::nullopt;
}

/// The port that the vector's packets come from, where the incident tells it.
Json source_port_of(const std::string& vector, const Json& incident) {
  constexpr std::string_view kByPort = "reflection_port_";
  if (starts(vector, kByPort)) return std::stoi(vector.substr(kByPort.size()));
  if (!starts(vector, "reflection_")) return "random";
  const Json& ports = json_list(incident, "top_source_ports");
  constexpr double kMost = 0.5;
  if (ports.empty() || json_number(ports.front(), "share") < kMost) return "random";
  return std::atoi(json_printable(ports.front(), "value").c_str());
}

Json destination_ports_of(const Json& incident) {
  constexpr double kTelling = 0.1;
  Json ports = Json::object();
  for (const Json& port : json_list(incident, "top_destination_ports")) {
    const double share = json_number(port, "share");
    if (share >= kTelling) ports[json_printable(port, "value")] = share;
  }
  if (ports.empty()) return "random";
  return ports;
}

std::vector<std::string> values_of(const Json& incident, const char* key) {
  std::vector<std::string> values;
  for (const Json& entry : json_list(incident, key)) {
    values.push_back(json_printable(entry, "value"));
  }
  return values;
}

struct Names {
  std::string target;
  std::vector<std::string> sources;
};

/// Whom the flood hits, and who sends. Of a flood out, the incident's target is the sender.
Names names_of(const Json& incident) {
  const std::string target = target_text(incident);
  if (json_printable(incident, "direction") != "out") {
    return {target, values_of(incident, "top_sources")};
  }
  const std::vector<std::string> towards = values_of(incident, "towards");
  return {towards.empty() ? "Anonymous" : towards.front(), {target}};
}

Json vector_fields(const Json& incident, const Json& vector, double seconds) {
  const std::string name = json_printable(vector, "name");
  const double share = json_number(vector, "share");
  const auto flags = flags_of(name);
  return {{"service", service_of(name)},
          {"protocol", protocol_of(name)},
          {"fraction_of_attack", is_fragments(name) ? Json() : Json(share)},
          {"source_port", source_port_of(name, incident)},
          {"destination_ports", destination_ports_of(incident)},
          {"tcp_flags", flags ? Json{{*flags, 1.0}} : Json()},
          {"nr_packets", rounded(share * json_number(incident, "packets"))},
          {"nr_megabytes", rounded(share * json_number(incident, "bytes") / 1e6)},
          {"time_start", python_time(json_printable(incident, "start"))},
          {"duration_seconds", static_cast<std::int64_t>(seconds)},
          {"source_ips", names_of(incident).sources}};
}

void add_tag(Json& tags, const std::string& tag) {
  if (std::find(tags.begin(), tags.end(), Json(tag)) == tags.end()) tags.push_back(tag);
}

Json tags_of(const Json& vectors, const std::string& target) {
  Json tags = Json::array();
  std::size_t whole = 0;
  for (const Json& vector : vectors) whole += vector["fraction_of_attack"].is_null() ? 0 : 1;
  if (whole > 1) add_tag(tags, "Multi-vector attack");
  if (!is_host(target)) add_tag(tags, "Carpet bombing attack");
  for (const Json& vector : vectors) {
    const std::string protocol = vector["protocol"];
    add_tag(tags, protocol);
    if (vector["service"].is_null()) add_tag(tags, protocol + " flood attack");
    if (vector["tcp_flags"].contains("......S.")) add_tag(tags, "TCP SYN flag attack");
    if (vector["fraction_of_attack"].is_null()) add_tag(tags, "Fragmentation attack");
  }
  return tags;
}

/// One attribute of the "ddos" object.
Json attribute(const std::string& id, const char* relation, const char* type,
               const std::string& value) {
  const bool network = std::string_view(type) == "port" || std::string_view(type).starts_with("ip");
  return {{"uuid", uuid_of(id + "/" + relation + "/" + value)},
          {"type", type},
          {"category", network ? "Network activity" : "Other"},
          {"object_relation", relation},
          {"value", value},
          {"to_ids", false},
          {"distribution", "5"},
          {"comment", ""}};
}

std::string threat_level(const std::string& severity) {
  if (severity == "critical" || severity == "high") return "1";
  return severity == "medium" ? "2" : "3";
}

/// "udp 62 %, fragment 38 %".
std::string vectors_text(const Json& incident) {
  std::string text;
  for (const Json& vector : json_list(incident, "vectors")) {
    text += (text.empty() ? "" : ", ") + json_printable(vector, "name") + " " +
            std::to_string(rounded(100 * json_number(vector, "share"))) + " %";
  }
  return text;
}

Json ddos_attributes(const Json& incident, const std::string& id) {
  const Names names = names_of(incident);
  Json all = Json::array();
  const auto add = [&](const char* relation, const char* type, const std::string& value) {
    if (!value.empty()) all.push_back(attribute(id, relation, type, value));
  };
  add("ip-dst", "ip-dst", names.target == "Anonymous" ? "" : names.target);
  for (const std::string& source : names.sources) add("ip-src", "ip-src", source);
  for (const std::string& port : values_of(incident, "top_destination_ports")) {
    add("dst-port", "port", port);
  }
  for (const std::string& port : values_of(incident, "top_source_ports")) {
    add("src-port", "port", port);
  }
  const Json& vectors = json_list(incident, "vectors");
  if (!vectors.empty()) {
    const std::string protocol = protocol_of(json_printable(vectors.front(), "name"));
    const bool listed = protocol == "TCP" || protocol == "UDP" || protocol == "ICMP";
    add("protocol", "text", listed ? protocol : "IP");
  }
  add("total-pps", "counter", std::to_string(rounded(json_number(incident, "peak_pps"))));
  add("total-bps", "counter", std::to_string(rounded(json_number(incident, "peak_bps"))));
  add("first-seen", "datetime", json_printable(incident, "start"));
  add("last-seen", "datetime", last_seen(incident));
  const auto mitigation = incident.find("mitigation");
  const std::string rule = mitigation == incident.end() || !mitigation->is_object()
                               ? ""
                               : json_printable(*mitigation, "flowspec");
  add("text", "text", vectors_text(incident) + (rule.empty() ? "" : "; " + rule));
  return all;
}

}  // namespace

Json fingerprint_of(const Json& incident) {
  const double seconds = seconds_of(incident);
  const double shown = std::max(1.0, seconds);
  const double packets = json_number(incident, "packets");
  const double bytes = json_number(incident, "bytes");
  const std::string target = names_of(incident).target;
  Json vectors = Json::array();
  for (const Json& vector : json_list(incident, "vectors")) {
    vectors.push_back(vector_fields(incident, vector, seconds));
  }
  Json fingerprint{{"attack_vectors", vectors},
                   {"target", target},
                   {"tags", tags_of(vectors, target)},
                   {"time_start", python_time(json_printable(incident, "start"))},
                   {"time_end", python_time(last_seen(incident))},
                   {"duration_seconds", static_cast<std::int64_t>(seconds)},
                   {"total_megabytes", rounded(bytes / 1e6)},
                   {"total_packets", rounded(packets)},
                   {"total_ips", rounded(json_number(incident, "sources_estimate"))},
                   {"avg_bps", rounded(bytes * 8 / shown)},
                   {"avg_pps", rounded(packets / shown)},
                   {"avg_Bpp", rounded(packets == 0 ? 0 : bytes / packets)}};
  for (const Json& vector : json_list(incident, "vectors")) {
    const bool reflected = starts(json_printable(vector, "name"), "reflection_");
    if (reflected) add_tag(fingerprint["tags"], "Amplification attack");
  }
  const Digest digest = md5(json_text(fingerprint));
  fingerprint["key"] = hex(digest.data(), digest.size());
  return fingerprint;
}

Json misp_event_of(const Json& incident) {
  const std::string id = json_printable(incident, "id");
  const auto start = parse_time(json_printable(incident, "start"));
  const std::int64_t seconds = start ? start->count / 1'000'000'000 : 0;
  const bool open = json_printable(incident, "state") == "open";
  const Json object{{"uuid", uuid_of(id + "/ddos")},
                    {"name", "ddos"},
                    {"meta-category", "network"},
                    {"description", "A flood that floodgauge has found."},
                    {"template_uuid", "e2f124d6-f57c-4f93-99e6-8450545fa05d"},
                    {"template_version", "5"},
                    {"distribution", "5"},
                    {"timestamp", std::to_string(seconds)},
                    {"Attribute", ddos_attributes(incident, id)}};
  const std::string vectors = vectors_text(incident);
  return {{"Event",
           {{"uuid", uuid_of(id)},
            {"info", "DDoS on " + names_of(incident).target + ": " + vectors},
            {"date", json_printable(incident, "start").substr(0, 10)},
            {"timestamp", std::to_string(seconds)},
            {"threat_level_id", threat_level(json_printable(incident, "severity"))},
            {"analysis", open ? "1" : "2"},
            {"distribution", "0"},
            {"published", false},
            {"Tag", Json::array({{{"name", "rsit:availability=\"ddos\""}}})},
            {"Attribute", Json::array()},
            {"Object", Json::array({object})}}}};
}

}  // namespace floodgauge
