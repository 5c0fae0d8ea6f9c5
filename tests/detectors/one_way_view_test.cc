// Captures of one direction: ordinary use, whose answers are not seen, and the floods that look
// most like it.
#include "detectors/one_way_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace floodgauge {
namespace {

struct In {
  Vector vector;
  std::uint64_t packets;
  std::uint64_t bytes_each = 60;
};

/// The senders: one packet from each of `count` sources, with the lengths in turn.
struct Senders {
  std::uint32_t count = 0;
  std::uint32_t first = 0xc6336400;
  std::uint32_t apart =
      0x9e3779b1u;  ///< between two addresses: spread over all of IPv4; 1: neighbours
  std::vector<std::uint16_t> lengths = {40};
  std::uint16_t source_port = 0;  ///< 0: another port for each
  std::uint16_t destination_port = 443;
};

struct Case {
  const char* why;
  std::vector<In> in;
  TargetCounts counts = {};
  Senders senders = {};
  double seconds = 0.1;
  bool early = false;
  std::vector<std::string_view> found = {};  ///< measures of the findings
};

TargetSummary summary_of(const Senders& senders) {
  TargetSummary summary;
  for (std::uint32_t n = 0; n < senders.count; ++n) {
    const auto port = static_cast<std::uint16_t>(1024 + n * 7 % 60000);
    summary.add(LogEntry{.source = IpAddress::from_v4(senders.first + n * senders.apart),
                         .source_port = senders.source_port == 0 ? port : senders.source_port,
                         .destination_port = senders.destination_port,
                         .ip_bytes = senders.lengths[n % senders.lengths.size()],
                         .vector = Vector::tcp_ack},
                key_from_seed(1));
  }
  return summary;
}

void expect_found(void (*check)(const TargetView&, Verdict&), const std::vector<Case>& cases) {
  const Thresholds limits = default_host_thresholds();
  for (const Case& one : cases) {
    TargetCounts counts = one.counts;
    for (const In& in : one.in) {
      const Volume volume{in.packets, in.packets * in.bytes_each};
      counts.vectors.add(in.vector, volume);
      counts.in_total += volume;
    }
    const TargetSummary summary = summary_of(one.senders);
    Verdict verdict;
    check({.counts = counts,
           .seconds = one.seconds,
           .summary = &summary,
           .limits = &limits,
           .early = one.early},
          verdict);
    std::vector<std::string_view> found;
    for (const Finding& finding : verdict.findings) found.push_back(finding.measure);
    EXPECT_EQ(found, one.found) << one.why;
  }
}

TargetCounts flows(std::uint64_t fresh, std::uint64_t active) {
  TargetCounts counts;
  counts.new_flows = fresh;
  counts.flows_active = active;
  return counts;
}

TargetCounts flows_and_sent(std::uint64_t fresh, std::uint64_t active, Vector sent,
                            std::uint64_t packets) {
  TargetCounts counts = flows(fresh, active);
  counts.vectors.add(sent, {}, packets);
  return counts;
}

// A window of the inbound side of a NAT gateway: thousands of connections behind one address.
const std::vector<In> kMidstream = {{Vector::tcp_oneway, 490, 900},
                                    {Vector::tcp_stream, 740, 1270},
                                    {Vector::tcp_synack, 260, 74},
                                    {Vector::tcp_ack, 4160, 940},
                                    {Vector::tcp_fin, 236, 66}};

TEST(OneWayView, ConnectionsThatBeganBeforeTheCaptureAreNoFlood) {
  expect_found(check_limits,
               {{.why = "in the first second all flows are new, and have four packets each",
                 .in = kMidstream,
                 .counts = flows(1250, 1250),
                 .early = true},
                {.why = "a second later, the same is a flood",
                 .in = kMidstream,
                 .counts = flows(1250, 1250),
                 .found = {"tcp_ack_packets_per_second", "one_sided_packets_per_second",
                           "new_flows_per_second"}},
                {.why = "ACKs, each from a new port, are a flood in the first second too",
                 .in = {{Vector::tcp_oneway, 490, 900},
                        {Vector::tcp_synack, 260, 74},
                        {Vector::tcp_ack, 4160}},
                 .counts = flows(4420, 4500),
                 .early = true,
                 .found = {"tcp_ack_packets_per_second", "new_flows_per_second"}},
                {.why = "flows without begin and end are a flood from fixed ports",
                 .in = {{Vector::tcp_ack, 4160}, {Vector::tcp_synack, 20, 74}},
                 .counts = flows(1000, 1000),
                 .early = true,
                 .found = {"tcp_ack_packets_per_second"}},
                {.why = "where the target is seen to send, packets that it did not ask for count",
                 .in = kMidstream,
                 .counts = flows_and_sent(1250, 1250, Vector::tcp_established, 1000),
                 .early = true,
                 .found = {"tcp_ack_packets_per_second", "one_sided_packets_per_second",
                           "new_flows_per_second"}}});
}

TEST(OneWayView, AFewStrayPacketsDoNotMakeTheTargetVisible) {
  TargetCounts counts;
  EXPECT_TRUE(is_unseen(counts));
  counts.in_total = {1000, 100000};
  counts.vectors.add(Vector::tcp_ack, {}, 50);
  EXPECT_TRUE(is_unseen(counts));
  counts.vectors.add(Vector::udp, {}, 1);
  EXPECT_FALSE(is_unseen(counts));
  counts = {};
  counts.in_total = {1000, 100000};
  counts.out_total = {1, 100};
  EXPECT_FALSE(is_unseen(counts))
      << "packets in the host's own record are not stray packets of others";
}

TEST(OneWayView, ConnectionsThatGoOnAreNotOneSided) {
  expect_found(check_limits,
               {{.why = "downloads of a gateway, 60 000 packets a second",
                 .in = {{Vector::tcp_oneway, 5750, 950}, {Vector::tcp_synack, 260, 74}},
                 .counts = flows(260, 1230)},
                {.why = "a few connections that last for ever at a high rate",
                 .in = {{Vector::tcp_oneway, 5750, 800}, {Vector::tcp_syn, 2, 74}},
                 .counts = flows(2, 1230),
                 .found = {"one_sided_packets_per_second"}},
                {.why = "SYN-ACKs of connections that go on",
                 .in = {{Vector::tcp_oneway, 9000, 950}, {Vector::tcp_synack, 520, 74}},
                 .counts = flows(520, 2460)},
                {.why = "SYN-ACKs after which no packets of the connection come",
                 .in = {{Vector::tcp_oneway, 100, 950}, {Vector::tcp_synack, 520, 74}},
                 .counts = flows(520, 600),
                 .found = {"tcp_synack_packets_per_second"}}});
}

TEST(OneWayView, PlayersHaveLastingFlowsAtAHumanPace) {
  const std::vector<std::uint16_t> lengths = {60, 90, 120, 150, 180};
  const auto players = [&](const char* why, std::uint64_t packets, std::uint64_t active,
                           std::vector<std::uint16_t> of, std::vector<std::string_view> found,
                           std::uint64_t bytes = 150) {
    return Case{.why = why,
                .in = {{Vector::udp, packets, bytes}},
                .counts = flows(0, active),
                .senders = {.count = 850, .lengths = std::move(of)},
                .found = std::move(found)};
  };
  const std::vector<std::string_view> flood = {"udp_packets_per_second"};
  Case answered = players("a server that says something else meanwhile", 4200, 850, lengths, flood);
  answered.counts.out_total = {10, 1000};
  expect_found(check_limits,
               {players("850 players, 50 datagrams a second each", 4200, 850, lengths, {}),
                players("a flow for each datagram", 4200, 4100, lengths, flood),
                players("a few senders at more than a person's pace", 4200, 100, lengths, flood),
                players("all of one length, as tools send", 4200, 850, {554}, flood),
                players("of two lengths", 4200, 850, {60, 120}, flood),
                players("large ones", 4200, 850, lengths, flood, 900),
                players("beyond the limit of all packets", 5100, 850, lengths,
                        {"one_sided_packets_per_second"}),
                answered});
}

/// Flows of `keys` that have a packet within `seconds`, of `rate` packets a second of all of them.
std::uint64_t active_of(double keys, double rate, double seconds) {
  return static_cast<std::uint64_t>(-keys * std::expm1(-rate / keys * seconds) + 0.5);
}

TEST(OneWayView, PlayersAreToldFromAFloodInWindowsOfAnyLength) {
  constexpr double kRate = 42000;
  for (const double seconds : {0.01, 0.1, 1.0}) {
    const auto case_of = [&](const char* why, double keys, std::vector<std::string_view> found) {
      const auto packets = static_cast<std::uint64_t>(kRate * seconds);
      return Case{.why = why,
                  .in = {{Vector::udp, packets, 150}},
                  .counts = flows(0, std::min(packets, active_of(keys, kRate, seconds))),
                  .senders = {.count = 850, .lengths = {60, 90, 120, 150, 180}},
                  .seconds = seconds,
                  .found = std::move(found)};
    };
    const std::vector<std::string_view> flood = {"udp_packets_per_second"};
    SCOPED_TRACE(seconds);
    expect_found(check_limits, {case_of("50 datagrams a second of each player", 840, {}),
                                case_of("8 a second: too few for a game", 5250, flood),
                                case_of("a flow for each datagram", 1e9, flood),
                                case_of("200 a second of each: too many for one", 210, flood)});
  }
}

TEST(OneWayView, AnswersToAScanComeFromTheNetworksScanned) {
  const Senders network = {.count = 254, .first = 0xcb007101, .apart = 1};
  const Senders internet = {.count = 254};
  expect_found(check_one_sided_period,
               {{.why = "the hosts of a network refuse the connections of a scan",
                 .in = {{Vector::tcp_rst, 3700}},
                 .counts = flows(3700, 3700),
                 .senders = network,
                 .seconds = 1},
                {.why = "the servers of a network answer the connections of a scan",
                 .in = {{Vector::tcp_synack, 3700}},
                 .counts = flows(3700, 3700),
                 .senders = network,
                 .seconds = 1},
                {.why = "resets from many networks",
                 .in = {{Vector::tcp_rst, 3700}},
                 .counts = flows(3700, 3700),
                 .senders = internet,
                 .seconds = 1,
                 .found = {"tcp_rst_packets_per_second"}},
                {.why = "SYN-ACKs from many networks",
                 .in = {{Vector::tcp_synack, 3700}},
                 .counts = flows(3700, 3700),
                 .senders = internet,
                 .seconds = 1,
                 .found = {"tcp_synack_packets_per_second"}},
                {.why = "in a sample, the target sends more ACKs than it gets resets",
                 .in = {{Vector::tcp_rst, 600}},
                 .counts = flows_and_sent(600, 600, Vector::tcp_ack, 900),
                 .senders = internet,
                 .seconds = 1},
                {.why = "resets to a host that sends little",
                 .in = {{Vector::tcp_rst, 600}},
                 .counts = flows_and_sent(600, 600, Vector::tcp_ack, 100),
                 .senders = internet,
                 .seconds = 1,
                 .found = {"tcp_rst_packets_per_second"}}});
  expect_found(check_limits, {{.why = "above the limit of resets, the sources do not matter",
                               .in = {{Vector::tcp_rst, 520}},
                               .counts = flows(520, 520),
                               .senders = network,
                               .found = {"tcp_rst_packets_per_second"}}});
}

TEST(OneWayView, ASampleOfOrdinaryConnectionsShowsBeginsAndEnds) {
  const std::vector<In> clients = {
      {Vector::tcp_syn, 260, 74}, {Vector::tcp_ack, 2500, 110}, {Vector::tcp_fin, 210, 66}};
  const auto sampled = [](const char* why, std::vector<In> in, Senders senders, bool flood) {
    Case one{.why = why, .in = std::move(in), .senders = std::move(senders), .seconds = 1};
    one.counts = flows(1800, 2900);
    if (flood) one.found = {"tcp_ack_packets_per_second"};
    return one;
  };
  const Senders various = {.count = 2000, .lengths = {52, 52, 52, 60, 52, 300, 330, 52}};
  const std::vector<In> segments = {{Vector::tcp_ack, 2500, 940}};
  expect_found(
      check_one_sided_period,
      {sampled("clients of a server", clients, various, false),
       sampled("ACKs of one length", clients, {.count = 2000}, true),
       sampled("ACKs of no connection", {{Vector::tcp_ack, 2500}}, various, true),
       sampled("downloads from web servers", segments,
               {.count = 2000, .lengths = {1500}, .source_port = 443}, false),
       sampled("large segments from anywhere", segments, {.count = 2000, .lengths = {1500}}, true),
       sampled("small segments from web servers", {{Vector::tcp_ack, 2500}},
               {.count = 2000, .source_port = 443}, true)});
}

}  // namespace
}  // namespace floodgauge
