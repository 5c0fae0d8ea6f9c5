#include "config/printer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "config/loader.h"
#include "config/threshold_table.h"

namespace floodgauge {
namespace {

void expect_round_trip(const Settings& settings) {
  const std::string yaml = print_config(settings);
  const auto result = parse_config(yaml, "printed");
  for (const auto& error : result.errors) ADD_FAILURE() << error.text() << "\nin\n" << yaml;
  ASSERT_TRUE(result.settings);
  EXPECT_TRUE(*result.settings == settings) << yaml << "\nreads back as\n"
                                            << print_config(*result.settings);
}

TEST(Printer, PrintsDefaultsThatLoadAgain) {
  expect_round_trip(Settings{});
}

TEST(Printer, PrintsUnitsAndQuotesWhereNeeded) {
  Settings settings;
  settings.protect.push_back({"the \"web\"", {*IpPrefix::parse("2001:db8::/32")}, "default"});
  settings.ports.push_back({"span", "net_af_xdp0,iface=eth2", PortSide::mirror, ""});
  settings.link.capacity = 2.5e9;
  const std::string yaml = print_config(settings);
  for (const char* line : {"  - name: \"the \\\"web\\\"\"\n", "    prefixes: [\"2001:db8::/32\"]\n",
                           "    device: \"net_af_xdp0,iface=eth2\"\n", "  window: 100ms\n",
                           "  capacity: 2.5Gbps\n", "      packets: 50kpps\n",
                           "      new_flows: 10kps\n", "  seed: random\n", "  workers: auto\n"}) {
    EXPECT_NE(yaml.find(line), std::string::npos) << line << "in\n" << yaml;
  }
  expect_round_trip(settings);
}

TEST(Printer, QuotesWordsThatYamlReadsAsOtherTypes) {
  for (const char* name :
       {"null", "~", "true", "none", "- a", "a: b", "#",   " a ",      "&a", "*a", "!a",
        "[",    "{", "%",    "'",    "\\",  "é",    "1e3", "a\u00a0b", "?",  ":",  "<<"}) {
    SCOPED_TRACE(name);
    Settings settings;
    settings.protect.push_back({name, {*IpPrefix::parse("192.0.2.0/24")}, name});
    settings.profiles[name].hold = whole_seconds(5);
    settings.exports.events = name;
    expect_round_trip(settings);
  }
}

class RandomSettings {
 public:
  explicit RandomSettings(std::uint32_t seed) : random_(seed) {}

  Settings make() {
    Settings settings;
    for (std::uint64_t n = below(3); n > 0; --n) settings.profiles[text(20)] = profile();
    settings.profiles["default"] = profile();
    for (std::uint64_t n = below(4); n > 0; --n) {
      const auto named =
          std::next(settings.profiles.begin(), static_cast<int>(below(settings.profiles.size())));
      settings.protect.push_back({maybe() ? text(128) : "", fresh_prefixes(), named->first});
    }
    settings.exclude = {prefixes(below(4)), prefixes(below(4))};
    settings.ports = ports();
    settings.engine = {static_cast<std::uint16_t>(below(129)),
                       {10'000'000 + static_cast<std::int64_t>(below(9'990'000'001))},
                       static_cast<std::uint32_t>(64 + below((1u << 28) - 63)),
                       static_cast<std::uint32_t>(16 + below((1u << 24) - 15)),
                       static_cast<std::uint32_t>(16 + below((1u << 24) - 15)),
                       maybe() ? std::optional(random_()) : std::nullopt,
                       static_cast<TunnelAddresses>(below(3)),
                       {ports_once(below(4))},
                       static_cast<DuplicateMode>(below(4))};
    settings.link = {rate(), 0.01 + 0.99 * unit()};
    settings.exports = {
        maybe() ? "127.0.0.1:" + std::to_string(below(65536)) : "",
        maybe() ? text(200) : "",
        maybe() ? text(200) : "",
        maybe() ? text(200) : "",
        maybe(),
        static_cast<std::uint32_t>(below(10001)),
        maybe() ? text(200) : "",
        whole_seconds(3600 + static_cast<std::int64_t>(below(1'000'000))),
        whole_seconds(3600 + static_cast<std::int64_t>(below(1'000'000))),
        (std::uint64_t{8} << 20) + below(1u << 30),
        maybe() ? std::vector<std::string>{text(200), "b"} : std::vector<std::string>{},
        static_cast<std::uint32_t>(below(100'001))};
    settings.evidence = {maybe() ? text(200) : "", static_cast<std::uint32_t>(10 + below(9'991)),
                         whole_seconds(static_cast<std::int64_t>(below(3601))),
                         (std::uint64_t{1} << 20) + below(1u << 30)};
    settings.signatures = maybe() ? text(100) : "";
    return settings;
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool maybe() { return below(2) == 1; }
  double unit() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  std::vector<std::uint16_t> ports_once(std::uint64_t count) {
    std::vector<std::uint16_t> list;
    for (std::uint64_t i = 0; i < count; ++i) {
      list.push_back(static_cast<std::uint16_t>(1 + i * 1000 + below(1000)));
    }
    return list;
  }

  std::string text(std::size_t most) {
    constexpr const char* kLetters[] = {"a", "B", "7", " ", ":", "-", "#", "\"", "'", "\\",
                                        "é", ",", "{", "]", "&", "*", "!", "|",  "%", "@"};
    std::string out;
    for (std::uint64_t n = 1 + below(most / 2 - 1); n > 0; --n) {
      out += kLetters[below(std::size(kLetters))];
    }
    return out;
  }
  /// A rate of any magnitude, from a billionth to the greatest allowed one.
  std::optional<double> rate() {
    if (below(5) == 0) return std::nullopt;
    if (below(5) == 0) return static_cast<double>(1 + below(1'000'000));
    return std::pow(10, -9 + 24 * unit());
  }
  Thresholds thresholds() {
    Thresholds out;
    for (const auto& row : kThresholdTable) out.*row.member = rate();
    return out;
  }
  Profile profile() {
    constexpr std::uint64_t kHour = 3'600'000'000'000;
    return {thresholds(),
            thresholds(),
            thresholds(),
            {maybe(),
             {1'000'000'000 + static_cast<std::int64_t>(below(1000 * kHour))},
             0.5 + 999 * unit(),
             maybe() ? text(50) : ""},
            {static_cast<std::int64_t>(below(168 * kHour))}};
  }
  IpPrefix prefix() {
    IpAddress address = IpAddress::from_v4(static_cast<std::uint32_t>(random_()));
    if (maybe()) {
      for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(random_());
    }
    return IpPrefix::around(address, static_cast<std::uint8_t>(below(129)));
  }
  std::vector<IpPrefix> prefixes(std::uint64_t count) {
    std::vector<IpPrefix> out;
    for (; count > 0; --count) out.push_back(prefix());
    return out;
  }
  /// At least one prefix, none of them used before.
  std::vector<IpPrefix> fresh_prefixes() {
    std::vector<IpPrefix> out;
    for (std::uint64_t n = 1 + below(20); n > 0; --n) {
      const IpPrefix candidate = prefix();
      if (taken_.insert(candidate).second || out.empty()) out.push_back(candidate);
    }
    return out;
  }
  std::vector<PortSettings> ports() {
    switch (below(3)) {
      case 0:
        return {};
      case 1:
        return {port("span", PortSide::mirror, "")};
      default:
        return {port("up", PortSide::outside, "down"), port("down", PortSide::inside, "up")};
    }
  }
  PortSettings port(const char* name, PortSide side, const char* peer) {
    return {name,
            text(100),
            side,
            peer,
            static_cast<std::uint16_t>(below(1025)),
            static_cast<std::uint16_t>(64 + below(32705)),
            maybe() ? static_cast<std::uint32_t>(68 + below(65468)) : 0};
  }

  std::mt19937_64 random_;
  std::set<IpPrefix> taken_;
};

TEST(Printer, PrintsAnySettingsSoThatTheyLoadAgain) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    expect_round_trip(RandomSettings(seed).make());
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace floodgauge
