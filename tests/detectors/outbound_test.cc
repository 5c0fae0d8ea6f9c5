// What a host that sends is found to be: the limits of `outbound` on both sides, and ordinary
// senders.
#include "detectors/outbound.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "tests/detectors/detector_case.h"

namespace floodgauge {
namespace {

struct Back {
  Vector vector;
  std::uint64_t packets;
};

/// One sender over 100 ms: what it sends (`out`) and what comes back.
struct SenderCase {
  const char* why;
  std::vector<testing::In> out;
  std::vector<Back> back = {};
  std::uint64_t new_flows = 0;
  std::uint64_t syn_answered = 0;
  std::vector<std::string_view> measures = {};
  bool inbound_seen = true;
  bool early = false;
  double scale = 1;
  std::uint32_t receivers = 0;  ///< 0: not known
  std::uint16_t own_port = 40000;
};

TargetSummary receivers_of(std::uint32_t receivers, std::uint16_t own_port) {
  TargetSummary summary;
  for (std::uint32_t n = 0; n < receivers; ++n) {
    summary.add(LogEntry{.source = IpAddress::from_v4(0x0b000001u + n * 0x9e3779b1u),
                         .source_port = own_port,
                         .destination_port = 443},
                key_from_seed(1));
  }
  return summary;
}

void expect_measures(const std::vector<SenderCase>& cases) {
  const Thresholds limits = default_host_thresholds();
  for (const SenderCase& one : cases) {
    TargetCounts counts;
    for (const testing::In& out : one.out) {
      counts.vectors.add(out.vector, {out.packets, out.packets * out.bytes_each});
      counts.in_total += Volume{out.packets, out.packets * out.bytes_each};
    }
    for (const Back& back : one.back) {
      counts.vectors.add(back.vector, {}, back.packets);
      counts.out_total += Volume{back.packets, back.packets * 60};
    }
    counts.new_flows = one.new_flows;
    counts.syn_answered = one.syn_answered;
    const TargetSummary summary = receivers_of(one.receivers, one.own_port);
    Verdict verdict;
    check_sender({.view = {.counts = counts,
                           .seconds = 0.1,
                           .summary = one.receivers == 0 ? nullptr : &summary,
                           .limits = &limits,
                           .scale = one.scale,
                           .whole_prefix = false,
                           .early = one.early},
                  .inbound_seen = one.inbound_seen},
                 verdict);
    std::vector<std::string_view> found;
    for (const Finding& finding : verdict.findings) found.push_back(finding.measure);
    EXPECT_EQ(found, one.measures) << one.why;
  }
}

TEST(Sender, FloodsByTheLimitsOfTheirVectors) {
  expect_measures({
      {.why = "datagrams that nobody answers",
       .out = {{Vector::udp, 2001}},
       .measures = {"udp_packets_per_second"}},
      {.why = "at the limit", .out = {{Vector::udp, 2000}}},
      {.why = "half of the limit keeps a flood open",
       .out = {{Vector::udp, 1001}},
       .measures = {"udp_packets_per_second"},
       .scale = 0.5},
      {.why = "more than 50,000 packets a second of several vectors",
       .out =
           {{Vector::udp, 1900}, {Vector::tcp_ack, 1900}, {Vector::gre, 900}, {Vector::icmp, 400}},
       .measures = {"one_sided_packets_per_second"}},
      {.why = "more than 500 Mbit/s of large datagrams",
       .out = {{Vector::udp, 1900, 3400}},
       .measures = {"one_sided_bits_per_second"}},
      {.why = "echo requests, answered or not",
       .out = {{Vector::icmp, 501}},
       .back = {{Vector::icmp, 501}},
       .measures = {"icmp_packets_per_second"}},
      {.why = "invalid flags",
       .out = {{Vector::tcp_flags, 101}},
       .measures = {"tcp_flags_packets_per_second"}},
  });
}

TEST(Sender, OpensConnectionsOrFloodsWithSyns) {
  expect_measures({
      {.why = "SYNs of which 29 % are answered",
       .out = {{Vector::tcp_syn, 1000}},
       .syn_answered = 290,
       .measures = {"tcp_syn_packets_per_second"}},
      {.why = "a gateway or a crawler: 30 % are answered in the window",
       .out = {{Vector::tcp_syn, 1000}},
       .syn_answered = 300},
      {.why = "in a sample, SYN-ACKs come without their SYN",
       .out = {{Vector::tcp_syn, 1000}},
       .back = {{Vector::tcp_synack, 300}}},
      {.why = "where answers are not visible, a connection goes on",
       .out = {{Vector::tcp_syn, 1000}, {Vector::tcp_oneway, 2000}},
       .inbound_seen = false},
      {.why = "where answers are not visible, SYNs alone are a flood",
       .out = {{Vector::tcp_syn, 1000}, {Vector::tcp_oneway, 1999}},
       .measures = {"tcp_syn_packets_per_second"},
       .inbound_seen = false},
  });
}

TEST(Sender, AnswersAreNoFlood) {
  expect_measures({
      {.why = "SYN-ACKs to a flood of SYNs",
       .out = {{Vector::tcp_synack, 5000}},
       .back = {{Vector::tcp_syn, 4500}}},
      {.why = "SYN-ACKs beyond the SYNs",
       .out = {{Vector::tcp_synack, 5001}},
       .back = {{Vector::tcp_syn, 4500}},
       .measures = {"tcp_synack_packets_per_second"}},
      {.why = "RSTs to a scan", .out = {{Vector::tcp_rst, 900}}, .back = {{Vector::tcp_syn, 900}}},
      {.why = "RSTs to nobody",
       .out = {{Vector::tcp_rst, 501}},
       .measures = {"tcp_rst_packets_per_second"}},
      {.why = "refusals where the questions are not visible",
       .out = {{Vector::tcp_rst, 900}, {Vector::tcp_synack, 900}},
       .inbound_seen = false},
      {.why = "fragments of large answers",
       .out = {{Vector::udp_answered, 250}, {Vector::udp_fragment, 1000}}},
      {.why = "fragments of a flood",
       .out = {{Vector::udp_answered, 249}, {Vector::udp_fragment, 1000}},
       .measures = {"fragment_packets_per_second"}},
  });
}

TEST(Sender, ServersWhoseClientsAreSeldomSeenAreNoFlood) {
  expect_measures({
      {.why = "a server of HTTP/3 whose clients' packets take another way",
       .out = {{Vector::udp, 9000, 1300}},
       .receivers = 100,
       .own_port = 443},
      {.why = "one receiver of it all",
       .out = {{Vector::udp, 3000}},
       .measures = {"udp_packets_per_second"},
       .receivers = 1,
       .own_port = 443},
      {.why = "from any port",
       .out = {{Vector::udp, 3000}},
       .measures = {"udp_packets_per_second"},
       .receivers = 100},
      {.why = "more than one datagram in three begins a flow",
       .out = {{Vector::udp, 2998}},
       .new_flows = 1000,
       .measures = {"udp_packets_per_second"},
       .receivers = 100,
       .own_port = 443},
      {.why = "a sample of answered flows",
       .out = {{Vector::udp, 3000}, {Vector::tcp_ack, 3000}},
       .back = {{Vector::udp, 1000}, {Vector::tcp_ack, 750}}},
      {.why = "lasting flows, where nothing comes in at all",
       .out = {{Vector::udp, 9000}, {Vector::tcp_ack, 9000}},
       .new_flows = 4499,
       .inbound_seen = false},
      {.why = "connections that began before the first window",
       .out = {{Vector::tcp_ack, 4000}},
       .early = true},
      {.why = "segments into nowhere",
       .out = {{Vector::tcp_ack, 4000}},
       .back = {{Vector::tcp_established, 999}},
       .measures = {"tcp_ack_packets_per_second"}},
  });
}

TEST(Sender, RequestsAreAFloodUnansweredOrAllToOne) {
  expect_measures({
      {.why = "a resolver is answered",
       .out = {{Vector::dns_query, 4000}},
       .back = {{Vector::udp_answered, 2000}}},
      {.why = "queries that nobody answers",
       .out = {{Vector::dns_query, 4000}},
       .back = {{Vector::udp_answered, 1999}},
       .measures = {"dns_query_packets_per_second"}},
      {.why = "queries to many servers, whose answers would not be seen",
       .out = {{Vector::dns_query, 4000}},
       .inbound_seen = false,
       .receivers = 60},
      {.why = "queries to one server, whose answers would not be seen",
       .out = {{Vector::dns_query, 4000}},
       .measures = {"dns_query_packets_per_second"},
       .inbound_seen = false,
       .receivers = 1},
      {.why = "a crawler of many sites",
       .out = {{Vector::http_request, 1500}},
       .back = {{Vector::tcp_established, 4000}},
       .receivers = 60},
      {.why = "twice the limit to one server",
       .out = {{Vector::http_request, 1001}},
       .back = {{Vector::tcp_established, 4000}},
       .measures = {"http_requests_per_second"},
       .receivers = 1},
      {.why = "less than twice the limit to one server that answers",
       .out = {{Vector::http_request, 999}},
       .back = {{Vector::tcp_established, 4000}},
       .receivers = 1},
      {.why = "requests that nobody answers",
       .out = {{Vector::http_request, 501}},
       .back = {{Vector::tcp_established, 250}},
       .measures = {"http_requests_per_second"}},
  });
}

TEST(Sender, NewFlowsThatNobodyAnswers) {
  expect_measures({
      {.why = "more than 10,000 a second",
       .out = {{Vector::other, 400}},
       .new_flows = 1001,
       .measures = {"new_flows_per_second"}},
      {.why = "half as many packets come",
       .out = {{Vector::other, 400}},
       .back = {{Vector::udp_answered, 501}},
       .new_flows = 1001},
  });
}

/// `networks` receivers with 100 answers each from `port`.
TargetSummary victims(std::uint32_t networks, std::uint16_t port) {
  TargetSummary summary;
  for (std::uint32_t n = 0; n < networks; ++n) {
    for (int each = 0; each < 100; ++each) {
      summary.add(LogEntry{.source = IpAddress::from_v4(0x0b000001u + n * 0x100u),
                           .source_port = port,
                           .destination_port = 80},
                  key_from_seed(1));
    }
  }
  return summary;
}

TEST(Sender, AReflectorsAnswersAreLargeAndGoToFew) {
  const TargetSummary few = victims(16, 123);
  const TargetSummary many = victims(17, 123);
  EXPECT_EQ(reflecting_service({100, 46800}, 100, &few), Vector::reflection_ntp);
  EXPECT_EQ(reflecting_service({99, 46800}, 100, &few), Vector::udp) << "too few";
  EXPECT_EQ(reflecting_service({100, 46800}, 100, &many), Vector::udp) << "spread over clients";
  EXPECT_EQ(reflecting_service({100, 46800}, 100, nullptr), Vector::udp) << "receivers not known";
  const TargetSummary dns = victims(1, 53);
  EXPECT_EQ(reflecting_service({100, 51200}, 100, &dns), Vector::reflection_dns);
  EXPECT_EQ(reflecting_service({100, 51100}, 100, &dns), Vector::udp) << "ordinary answers";
  const TargetSummary tunnel = victims(1, 1194);
  EXPECT_EQ(reflecting_service({100, 140000}, 100, &tunnel), Vector::udp) << "a conversation";
}

}  // namespace
}  // namespace floodgauge
