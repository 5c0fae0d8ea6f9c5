// The routes proposed against each kind of flood, in the exact text that ExaBGP reads.
#include "detectors/mitigation.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/model/vector.h"

namespace floodgauge {
namespace {

struct Case {
  const char* why;
  const char* target;
  const char* vector;
  TopEntry source_port;
  TopEntry destination_port;
  const char* match;
  const char* action;
};

const TopEntry kNone{"", 0, 0};

TEST(Mitigation, MatchesWhatTheMainVectorAllows) {
  const Case cases[] = {
      {"SYNs to one port",
       "198.51.100.7/32",
       "tcp_syn",
       {"40000", 10, 0.01},
       {"443", 990, 0.99},
       "destination 198.51.100.7/32; protocol =6; destination-port =443; tcp-flags =syn; ",
       "discard"},
      {"SYN-ACKs from web servers",
       "198.51.100.7/32",
       "tcp_synack",
       {"443", 900, 0.9},
       {"80", 10, 0.01},
       "destination 198.51.100.7/32; protocol =6; source-port =443; tcp-flags =syn+ack; ",
       "discard"},
      {"answers from one service",
       "198.51.100.7/32",
       "reflection_ntp",
       {"123", 1000, 1},
       {"80", 500, 0.5},
       "destination 198.51.100.7/32; protocol =17; source-port =123; ",
       "discard"},
      {"answers from an unknown service",
       "198.51.100.7/32",
       "reflection_port_4321",
       {"4321", 1000, 1},
       kNone,
       "destination 198.51.100.7/32; protocol =17; source-port =4321; ",
       "discard"},
      {"a port of less than 80 % of the packets is not matched",
       "198.51.100.7/32",
       "udp",
       {"123", 790, 0.79},
       {"80", 790, 0.79},
       "destination 198.51.100.7/32; protocol =17; ",
       "discard"},
      {"pings have no ports",
       "198.51.100.7/32",
       "icmp",
       {"2048", 1000, 1},
       {"1", 1000, 1},
       "destination 198.51.100.7/32; protocol =1; ",
       "discard"},
      {"IPv6 names its next header", "2001:db8:1::7/128", "icmpv6", kNone, kNone,
       "destination 2001:db8:1::7/128; next-header =58; ", "discard"},
      {"GRE", "198.51.100.7/32", "gre", kNone, kNone, "destination 198.51.100.7/32; protocol =47; ",
       "discard"},
      {"a carpet",
       "198.51.100.0/24",
       "reflection_dns",
       {"53", 1000, 1},
       kNone,
       "destination 198.51.100.0/24; protocol =17; source-port =53; ",
       "discard"},
      {"fragments have no ports to match",
       "198.51.100.7/32",
       "udp_fragment",
       {"0", 1000, 1},
       {"0", 1000, 1},
       "destination 198.51.100.7/32; protocol =17; fragment is-fragment; ",
       "discard"},
      {"requests come from real clients too and are rate-limited",
       "198.51.100.7/32",
       "http_request",
       {"40000", 1, 0.001},
       {"80", 1000, 1},
       "destination 198.51.100.7/32; protocol =6; destination-port =80; ",
       "rate-limit 125000"},
      {"DNS queries come from real clients too",
       "198.51.100.7/32",
       "dns_query",
       kNone,
       {"53", 1000, 1},
       "destination 198.51.100.7/32; protocol =17; destination-port =53; ",
       "rate-limit 125000"},
  };
  for (const Case& one : cases) {
    Incident incident;
    incident.target = IpPrefix::parse(one.target).value();
    incident.vectors = {{one.vector, 1}};
    if (one.source_port.packets != 0) incident.top_source_ports = {one.source_port};
    if (one.destination_port.packets != 0) incident.top_destination_ports = {one.destination_port};
    const Mitigation proposal = propose_mitigation(incident);
    EXPECT_EQ(proposal.flowspec,
              std::string("flow route { match { ") + one.match + "} then { " + one.action + "; } }")
        << one.why;
    EXPECT_EQ(proposal.blackhole,
              std::string("route ") + one.target + " next-hop self community [65535:666]")
        << one.why;
  }
}

TEST(Mitigation, WithoutAVectorIsOnlyABlackhole) {
  Incident incident;
  incident.target = IpPrefix::parse("198.51.100.7/32").value();
  EXPECT_EQ(propose_mitigation(incident).flowspec, "");
  EXPECT_NE(propose_mitigation(incident).blackhole, "");
}

TEST(Mitigation, KnowsEveryVector) {
  Incident incident;
  incident.target = IpPrefix::parse("198.51.100.7/32").value();
  for (const VectorInfo& row : vector_table()) {
    if (!row.attack) continue;
    incident.vectors = {{std::string(row.name), 1}};
    const std::string flowspec = propose_mitigation(incident).flowspec;
    EXPECT_TRUE(flowspec.starts_with("flow route { match { destination 198.51.100.7/32; "))
        << row.name << ": " << flowspec;
  }
}

TEST(Mitigation, AgainstAFloodOutTheRuleMatchesTheSource) {
  Incident incident;
  incident.direction = Direction::out;
  incident.target = IpPrefix::parse("198.51.100.7/32").value();
  incident.vectors = {{.name = "udp", .share = 1}};
  incident.towards = {{"192.0.2.1", 800, 0.8}, {"192.0.2.2", 200, 0.2}};
  EXPECT_EQ(
      propose_mitigation(incident).flowspec,
      "flow route { match { source 198.51.100.7/32; destination 192.0.2.1/32; protocol =17; } "
      "then { discard; } }");
  EXPECT_EQ(propose_mitigation(incident).blackhole, "");
  incident.towards = {{"192.0.2.1", 790, 0.79}};
  EXPECT_EQ(propose_mitigation(incident).flowspec,
            "flow route { match { source 198.51.100.7/32; protocol =17; } then { discard; } }");
}

}  // namespace
}  // namespace floodgauge
