#include "bench/trafficgen/spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

namespace floodgauge::trafficgen {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit kDurations[] = {{"ns", 1},  {"us", 1e3},   {"ms", 1e6},
                               {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}};
constexpr Unit kRates[] = {{"pps", 1}, {"kpps", 1e3}, {"Mpps", 1e6}};

[[noreturn]] void fail(std::string_view text, const std::string& what) {
  throw SpecError(std::string(text) + ": " + what);
}

template <typename Number>
Number parse_number(std::string_view text, std::string_view what) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    fail(text, "not " + std::string(what));
  }
  return value;
}

/// A non-negative number followed by one of `units`.
double parse_with_unit(std::string_view text, std::span<const Unit> units,
                       const std::string& example) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view name = text.substr(digits);
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& each) { return each.name == name; });
  if (digits == 0 || unit == units.end()) fail(text, "write a number and a unit: " + example);
  return parse_number<double>(text.substr(0, digits), "a number") * unit->factor;
}

using Setter = std::function<void(std::string_view)>;

/// Parses "key=value,key=value". `setters` has a function for each key.
void parse_pairs(std::string_view text, const std::map<std::string_view, Setter>& setters) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equals = pair.find('=');
    const auto setter = setters.find(pair.substr(0, equals));
    if (setter == setters.end() || equals == std::string_view::npos) {
      std::string known;
      for (const auto& [key, unused] : setters) known.append(" ").append(key).append("=");
      fail(pair, "unknown; one of" + known);
    }
    setter->second(pair.substr(equals + 1));
  }
}

double parse_share(std::string_view text) {
  const auto share = parse_number<double>(text, "a share from 0 to 1");
  if (!(share >= 0 && share <= 1)) fail(text, "not a share from 0 to 1");
  return share;
}

/// Sets the vector of that name, and the port of reflection_port_N.
void parse_vector(std::string_view name, FloodSpec& spec) {
  constexpr std::string_view kUnknownService = "reflection_port_";
  if (name.starts_with(kUnknownService)) {
    spec.vector = Vector::reflection_port;
    spec.reflection_port =
        parse_number<std::uint16_t>(name.substr(kUnknownService.size()), "a port");
    return;
  }
  for (const VectorInfo& row : vector_table()) {
    if (row.attack && row.vector != Vector::reflection_port && row.name == name) {
      spec.vector = row.vector;
      return;
    }
  }
  fail(name, "not a vector; --list names them");
}

}  // namespace

std::string FloodSpec::vector_name() const {
  std::string name(info(vector).name);
  if (vector == Vector::reflection_port) name += "_" + std::to_string(reflection_port);
  return name;
}

Nanoseconds parse_duration(std::string_view text) {
  const double value = parse_with_unit(text, kDurations, "250ms, 3s, 2min");
  if (!(value < 1e18)) fail(text, "too long");
  return {std::llround(value)};
}

double parse_rate(std::string_view text) {
  return parse_with_unit(text, kRates, "800pps, 50kpps, 1.5Mpps");
}

Nanoseconds parse_time(std::string_view text) {
  // 2026-11-21T18:00:02[.123]Z
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  const auto part = [&](std::size_t at, std::size_t count) {
    return parse_number<int>(text.substr(at, count), "a time such as 2026-11-21T18:00:02Z");
  };
  if (text.size() <= kForm.size() || text.back() != 'Z' || (text[10] != 'T' && text[10] != ' ')) {
    fail(text, "write an RFC 3339 time in UTC: 2026-11-21T18:00:02Z");
  }
  const std::chrono::year_month_day date{std::chrono::year{part(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(part(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(part(8, 2))}};
  if (!date.ok() || date.year() < std::chrono::year{1970}) fail(text, "no such day since 1970");
  std::int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * 86'400;
  seconds += part(11, 2) * 3600 + part(14, 2) * 60 + part(17, 2);
  std::int64_t fraction = 0;
  if (text[kForm.size()] == '.') {
    std::string digits(text.substr(kForm.size() + 1, text.size() - kForm.size() - 2));
    if (digits.empty() || digits.size() > 9) fail(text, "one to nine digits of fraction");
    digits.resize(9, '0');
    fraction = parse_number<std::int64_t>(digits, "a fraction of a second");
  } else if (text.size() != kForm.size() + 1) {
    fail(text, "write an RFC 3339 time in UTC: 2026-11-21T18:00:02Z");
  }
  return {seconds * 1'000'000'000 + fraction};
}

IpPrefix parse_prefix(std::string_view text) {
  const auto prefix = IpPrefix::parse(text);
  if (!prefix) fail(text, "not an address or prefix");
  return IpPrefix::around(prefix->address, prefix->length);
}

BenignSpec parse_benign(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) fail(text, "write MIX=RATE: mix=100kpps");
  BenignSpec spec;
  spec.mix = text.substr(0, equals);
  const std::size_t comma = std::min(text.find(','), text.size());
  spec.pps = parse_rate(text.substr(equals + 1, comma - equals - 1));
  const std::map<std::string_view, Setter> setters = {
      {"start", [&](std::string_view value) { spec.start = parse_duration(value); }},
      {"duration", [&](std::string_view value) { spec.duration = parse_duration(value); }},
  };
  parse_pairs(text.substr(std::min(comma + 1, text.size())), setters);
  return spec;
}

FloodSpec parse_flood(std::string_view text) {
  FloodSpec spec;
  const std::size_t colon = std::min(text.find(':'), text.size());
  parse_vector(text.substr(0, colon), spec);
  const bool v6_only = spec.vector == Vector::icmpv6;
  spec.target = parse_prefix(v6_only ? "2001:db8:1::7" : "198.51.100.7");
  const auto pulse = [&](std::string_view value) {
    const std::size_t slash = value.find('/');
    if (slash == std::string_view::npos) fail(value, "write pulse=ON/OFF: pulse=2s/5s");
    spec.pulse_on = parse_duration(value.substr(0, slash));
    spec.pulse_off = parse_duration(value.substr(slash + 1));
    if (spec.pulse_on.count == 0) fail(value, "pulses need some time on");
  };
  const auto sources = [&](std::string_view value) {
    spec.any_source = value == "any";
    spec.spoofed = spec.any_source || value == "spoofed";
    if (spec.spoofed) return;
    constexpr std::string_view kCrowd = "crowd/";
    spec.crowd = value.starts_with(kCrowd);
    if (spec.crowd) value.remove_prefix(kCrowd.size());
    spec.sources = parse_number<std::uint32_t>(value, "a number, crowd/NUMBER, spoofed or any");
  };
  const auto port = [&](std::string_view value) {
    spec.random_port = value == "random";
    if (!spec.random_port) spec.port = parse_number<std::uint16_t>(value, "a port or \"random\"");
  };
  const std::map<std::string_view, Setter> setters = {
      {"target", [&](std::string_view value) { spec.target = parse_prefix(value); }},
      {"rate", [&](std::string_view value) { spec.pps = parse_rate(value); }},
      {"start", [&](std::string_view value) { spec.start = parse_duration(value); }},
      {"duration", [&](std::string_view value) { spec.duration = parse_duration(value); }},
      {"ramp", [&](std::string_view value) { spec.ramp = parse_duration(value); }},
      {"size", [&](std::string_view v) { spec.size = parse_number<std::uint32_t>(v, "bytes"); }},
      {"answers", [&](std::string_view value) { spec.answers = parse_share(value); }},
      {"ttl", [&](std::string_view v) { spec.ttl = parse_number<std::uint8_t>(v, "a TTL"); }},
      {"pulse", pulse},
      {"sources", sources},
      {"port", port},
  };
  parse_pairs(text.substr(std::min(colon + 1, text.size())), setters);
  if (spec.pps <= 0) fail(text, "rate must be above 0");
  if (v6_only && !spec.target.v6) fail(text, "icmpv6 needs an IPv6 target");
  if (spec.vector == Vector::icmp && spec.target.v6) {
    fail(text, "icmp needs an IPv4 target; icmpv6 is the other");
  }
  return spec;
}

ServerSpec parse_server(std::string_view text) {
  ServerSpec spec;
  const std::size_t colon = std::min(text.find(':'), text.size());
  spec.service = text.substr(0, colon);
  constexpr std::array<std::string_view, 4> kServices = {"dns", "http", "https", "smtp"};
  if (std::find(kServices.begin(), kServices.end(), spec.service) == kServices.end()) {
    fail(spec.service, "not a service of servers; one of dns, http, https, smtp");
  }
  const std::map<std::string_view, Setter> setters = {
      {"host", [&](std::string_view value) { spec.host = parse_prefix(value).address; }},
      {"rate",
       [&](std::string_view v) { spec.per_second = parse_number<std::uint32_t>(v, "a number"); }},
      {"response", [&](std::string_view value) { spec.response = parse_duration(value); }},
  };
  parse_pairs(text.substr(std::min(colon + 1, text.size())), setters);
  if (spec.host == IpAddress{} || spec.per_second <= 0)
    fail(text, "write host= and a rate above 0");
  return spec;
}

EffectSpec parse_effect(std::string_view text) {
  EffectSpec spec;
  const std::size_t colon = std::min(text.find(':'), text.size());
  spec.service = text.substr(0, colon);
  constexpr std::array<std::string_view, 6> kServices = {"dns",    "web",    "mail",
                                                         "server", "demand", "blackout"};
  if (std::find(kServices.begin(), kServices.end(), spec.service) == kServices.end()) {
    fail(spec.service, "not an effect; one of dns, web, mail, server, demand, blackout");
  }
  spec.target = {IpAddress{}, 0, true};
  const auto direction = [&](std::string_view value) {
    if (value != "in" && value != "out" && value != "both") fail(value, "write in, out or both");
    spec.direction = value == "in" ? View::inbound : value == "out" ? View::outbound : View::both;
  };
  const std::map<std::string_view, Setter> setters = {
      {"answers", [&](std::string_view value) { spec.answers = parse_share(value); }},
      {"start", [&](std::string_view value) { spec.start = parse_duration(value); }},
      {"duration", [&](std::string_view value) { spec.duration = parse_duration(value); }},
      {"ramp", [&](std::string_view value) { spec.ramp = parse_duration(value); }},
      {"target", [&](std::string_view value) { spec.target = parse_prefix(value); }},
      {"direction", direction},
      {"host", [&](std::string_view value) { spec.host = parse_prefix(value).address; }},
      {"of", [&](std::string_view value) { spec.of = value; }},
      {"delay", [&](std::string_view value) { spec.delay = parse_duration(value); }},
  };
  parse_pairs(text.substr(std::min(colon + 1, text.size())), setters);
  if (spec.service == "server" && (spec.host == IpAddress{} || spec.of.empty())) {
    fail(text, "an effect on a server needs host= and of=");
  }
  return spec;
}

}  // namespace floodgauge::trafficgen
