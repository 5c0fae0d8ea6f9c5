#include "config/service_values.h"

#include <gtest/gtest.h>

#include <string>

#include "config/loader.h"
#include "config/printer.h"
#include "engine/base/ip_protocol.h"

namespace floodgauge {
namespace {

/// The first error of a configuration, without the file's name; empty when it has none.
std::string first_error(const std::string& yaml) {
  const LoadResult result = parse_config(yaml, "x.yaml");
  if (result.errors.empty()) return "";
  const std::string text = result.errors.front().text();
  return text.substr(text.find(": ") + 2);
}

TEST(ServicePort, IsANumberAndAProtocol) {
  EXPECT_EQ(parse_service_port("443/tcp"), (ServicePort{443, kProtocolTcp}));
  EXPECT_EQ(parse_service_port("53/udp"), (ServicePort{53, kProtocolUdp}));
  EXPECT_EQ(service_port_text({65535, kProtocolUdp}), "65535/udp");
  for (const char* wrong : {"", "443", "443/", "/tcp", "0/tcp", "65536/tcp", "443/sctp", "443/TCP",
                            "443/tcp ", "-1/tcp", "4 43/tcp"}) {
    EXPECT_FALSE(parse_service_port(wrong)) << wrong;
  }
}

TEST(Moment, IsATimeInUtc) {
  EXPECT_EQ(parse_moment("2026-12-01T01:00Z"), whole_seconds(1'796'086'800));
  EXPECT_EQ(parse_moment("2026-12-01T01:00:30Z"), whole_seconds(1'796'086'830));
  EXPECT_EQ(moment_text(whole_seconds(1'796'086'830)), "2026-12-01T01:00:30Z");
  EXPECT_TRUE(parse_moment("2028-02-29T00:00Z"));
  for (const char* wrong :
       {"", "2026-12-01", "2026-12-01 01:00Z", "2026-12-01T01:00", "2026-12-01T01:00+01",
        "2026-02-29T00:00Z", "2026-13-01T00:00Z", "2026-12-01T24:00Z", "2026-12-01T00:60Z",
        "1999-12-31T23:59Z", "2262-01-01T00:00Z", "2026-12-01T00:00:60Z", "2o26-12-01T00:00Z"}) {
    EXPECT_FALSE(parse_moment(wrong)) << wrong;
  }
}

TEST(Services, ReplaceTheDefault) {
  EXPECT_EQ(parse_config("{}", "x").settings->services.size(), 5u);
  const auto loaded = parse_config("services: [{name: game, ports: [27015/udp]}]", "x");
  ASSERT_TRUE(loaded.settings);
  ASSERT_EQ(loaded.settings->services.size(), 1u);
  EXPECT_EQ(loaded.settings->services[0].name, "game");
}

TEST(Services, ErrorsNameTheKeyAndWhatToWrite) {
  EXPECT_EQ(first_error("services: [{name: x}]"),
            "services[0].ports: is missing; write a list of ports, each as 443/tcp or 443/udp");
  EXPECT_EQ(first_error("services: [{name: x, ports: [443]}]"),
            "services[0].ports[0]: 443 is no port; write 1 to 65535 and the protocol, as 443/tcp");
  EXPECT_EQ(first_error("services: [{name: x, ports: []}]"),
            "services[0].ports: is empty; write one port or more");
  EXPECT_EQ(first_error("services: [{name: a, ports: [1/tcp]}, {name: a, ports: [2/tcp]}]"),
            "services[1].name: a is the name of services[0] already; give each service its own");
  EXPECT_EQ(first_error("services: [{name: a, ports: [1/tcp]}, {name: b, ports: [1/tcp]}]"),
            "services[1].ports: 1/tcp is a port of services[0] already; write each port once");
  EXPECT_EQ(first_error("services: [{name: a, ports: [1/tcp]}, {name: b, ports: [1/udp]}]"), "");
}

TEST(Maintenance, EndsAfterItBegins) {
  const auto of = [](const std::string& from, const std::string& to) {
    return first_error("protect: [{prefixes: [192.0.2.0/24], maintenance: [{from: " + from +
                       ", to: " + to + "}]}]");
  };
  EXPECT_EQ(of("2026-12-01T01:00Z", "2026-12-01T03:00Z"), "");
  EXPECT_EQ(of("2026-12-01T03:00Z", "2026-12-01T03:00Z"),
            "protect[0].maintenance[0].to: 2026-12-01T03:00:00Z is not after `from`; write a later "
            "time");
  EXPECT_EQ(of("tomorrow", "2026-12-01T03:00Z"),
            "protect[0].maintenance[0].from: tomorrow is no time; write a time in UTC, as "
            "2026-12-01T01:00Z");
}

TEST(Services, ThePrintedConfigurationLoadsAsTheSame) {
  const auto loaded = parse_config(
      "{services: [{name: game, ports: [27015/udp, 27015/tcp]}], protect: [{prefixes: "
      "[192.0.2.0/24], maintenance: [{from: 2026-12-01T01:00Z, to: 2026-12-01T03:00Z}]}]}",
      "x");
  ASSERT_TRUE(loaded.settings);
  const auto again = parse_config(print_config(*loaded.settings), "y");
  ASSERT_TRUE(again.settings) << print_config(*loaded.settings);
  EXPECT_EQ(*again.settings, *loaded.settings);
}

}  // namespace
}  // namespace floodgauge
