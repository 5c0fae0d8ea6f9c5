// Each detector by itself: counts of one target in, findings out.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "detectors/detector.h"

namespace floodgauge {
namespace {

struct In {
  Vector vector;
  std::uint64_t packets;
  std::uint64_t bytes_each = 100;
};

/// One target, over one window of a tenth of a second unless said otherwise.
struct Case {
  const char* why;
  std::vector<In> in;
  TargetCounts counts = {};        ///< beside `in`
  std::vector<Vector> found = {};  ///< vectors of the findings, in order
  double seconds = 0.1;
  double scale = 1;
  std::uint32_t sources = 0;  ///< 0: nothing is known of who sends
  bool left_alone = false;    ///< a reason is given why it is no flood
  bool whole_prefix = false;
  bool one_port = false;  ///< all of them go to one port
};

TargetCounts counts_of(const Case& one) {
  TargetCounts counts = one.counts;
  for (const In& in : one.in) {
    const Volume volume{in.packets, in.packets * in.bytes_each};
    counts.vectors.add(in.vector, volume);
    counts.in_total += volume;
  }
  return counts;
}

TargetSummary summary_of(std::uint32_t sources, bool one_port) {
  TargetSummary summary;
  for (std::uint32_t n = 0; n < sources; ++n) {
    const auto port = static_cast<std::uint16_t>(one_port ? 443 : 1000 + n);
    summary.add(LogEntry{.source = IpAddress::from_v4(0xc0000200u + n * 0x9e3779b1u),
                         .destination_port = port},
                key_from_seed(1));
  }
  return summary;
}

enum class When { window, period };

void expect_found(std::string_view name, When when, const std::vector<Case>& cases) {
  const Detector* detector = nullptr;
  for (const Detector& row : detector_table()) {
    if (row.name == name) detector = &row;
  }
  ASSERT_NE(detector, nullptr) << name;
  const auto check = when == When::window ? detector->on_window : detector->on_period;
  ASSERT_NE(check, nullptr) << name;
  const Thresholds limits = default_host_thresholds();
  for (const Case& one : cases) {
    const TargetCounts counts = counts_of(one);
    const TargetSummary summary = summary_of(one.sources, one.one_port);
    Verdict verdict;
    check({.counts = counts,
           .seconds = one.seconds,
           .summary = one.sources == 0 ? nullptr : &summary,
           .limits = &limits,
           .scale = one.scale,
           .whole_prefix = one.whole_prefix},
          verdict);
    std::vector<std::string_view> found;
    std::vector<std::string_view> expected;
    for (const Finding& finding : verdict.findings) found.push_back(info(finding.vector).name);
    for (const Vector vector : one.found) expected.push_back(info(vector).name);
    EXPECT_EQ(found, expected) << one.why;
    EXPECT_EQ(!verdict.left_alone.empty(), one.left_alone) << one.why << ": " << verdict.left_alone;
    for (const Finding& finding : verdict.findings) {
      EXPECT_FALSE(finding.measure.empty()) << one.why;
      EXPECT_EQ(finding.seconds, one.seconds) << one.why;
    }
  }
}

TEST(Limits, OfEachClassAreRates) {
  // Defaults, README.md: so many a second, and a tenth of it in a window.
  struct {
    const char* why;
    Vector vector;
    std::uint64_t a_second;
    Vector found;
  } const rows[] = {
      {"SYN-ACKs", Vector::tcp_synack, 5000, Vector::tcp_synack},
      {"ACKs", Vector::tcp_ack, 20000, Vector::tcp_ack},
      {"RSTs", Vector::tcp_rst, 5000, Vector::tcp_rst},
      {"FINs", Vector::tcp_fin, 5000, Vector::tcp_fin},
      {"flags that never go together", Vector::tcp_flags, 1000, Vector::tcp_flags},
      {"datagrams", Vector::udp, 20000, Vector::udp},
      {"answers of NTP servers", Vector::reflection_ntp, 5000, Vector::reflection_port},
      {"answers of an unknown service", Vector::reflection_port, 5000, Vector::reflection_port},
      {"fragments of datagrams", Vector::udp_fragment, 5000, Vector::fragment},
      {"other fragments", Vector::fragment, 5000, Vector::fragment},
      {"pings", Vector::icmp, 5000, Vector::icmp},
      {"pings of IPv6", Vector::icmpv6, 5000, Vector::icmp},
      {"DNS queries", Vector::dns_query, 20000, Vector::dns_query},
  };
  for (const auto& row : rows) {
    const std::uint64_t limit = row.a_second / 10;
    const std::string why = row.why;
    const std::string at = why + " at the limit";
    const std::string above = why + " above the limit";
    const std::string closing = why + " above half the limit, to keep an incident open";
    const std::string below = why + " at half the limit, for an incident that is open";
    expect_found("limits", When::window,
                 {{.why = at.c_str(), .in = {{row.vector, limit}}},
                  {.why = above.c_str(), .in = {{row.vector, limit + 1}}, .found = {row.found}},
                  {.why = closing.c_str(),
                   .in = {{row.vector, limit / 2 + 1}},
                   .found = {row.found},
                   .scale = 0.5},
                  {.why = below.c_str(), .in = {{row.vector, limit / 2}}, .scale = 0.5}});
  }
}

TEST(Limits, OfAllThatIsOneSided) {
  expect_found(
      "limits", When::window,
      {{.why = "many vectors, each below its limit, are together above that of packets",
        .in = {{Vector::udp, 1900},
               {Vector::tcp_ack, 1900},
               {Vector::dns_query, 1900},
               {Vector::tcp_oneway, 1300}},
        .found = {Vector::other}},
       {.why = "requests have limits of their own",
        .in = {{Vector::dns_query, 1900}, {Vector::http_request, 4000}}},
       {.why = "answered traffic is no flood at any rate",
        .in = {{Vector::tcp_established, 80000, 1500}, {Vector::udp_answered, 80000, 1500}}},
       {.why = "60 Mbit in a tenth of a second, of few packets",
        .in = {{Vector::udp, 1000, 7500}},
        .found = {Vector::other}},
       {.why = "as many bits in a few packets, whose lengths may be a lie",
        .in = {{Vector::udp, 100, 75000}}},
       {.why = "one transfer of which one direction is visible",
        .in = {{Vector::tcp_stream, 4000}},
        .counts = {.flows_active = 1}},
       {.why = "many one-sided streams are an ACK flood from fixed ports",
        .in = {{Vector::tcp_stream, 4000}},
        .counts = {.flows_active = 50},
        .found = {Vector::tcp_ack}}});
}

TEST(Limits, OfNewFlowsAreForThoseThatNobodyAnswers) {
  expect_found("limits", When::window,
               {{.why = "flows that nobody answers",
                 .in = {{Vector::udp, 1001}},
                 .counts = {.new_flows = 1001},
                 .found = {Vector::other}},
                {.why = "as many, half of them answered",
                 .in = {{Vector::udp, 1001}},
                 .counts = {.new_flows = 1001, .answers = 501}},
                {.why = "as many, with handshakes completed",
                 .in = {{Vector::tcp_syn, 1001}},
                 .counts = {.new_flows = 1001, .handshakes = 501}}});
}

TEST(Limits, NeedEnoughPacketsToBeARate) {
  expect_found("limits", When::window,
               {{.why = "a window cut off after 10 ms: 99 packets are no rate of 5000 a second",
                 .in = {{Vector::icmp, 99}},
                 .seconds = 0.01},
                {.why = "100 are: what the limit lets through in 20 ms",
                 .in = {{Vector::icmp, 100}},
                 .found = {Vector::icmp},
                 .seconds = 0.01},
                {.why = "but never fewer than 50, however low the limit",
                 .in = {{Vector::tcp_flags, 49}},
                 .seconds = 0.01},
                {.why = "50 are enough for a limit of 1000 a second",
                 .in = {{Vector::tcp_flags, 50}},
                 .found = {Vector::tcp_flags},
                 .seconds = 0.01}});
}

TEST(Syn, FloodsAreToldFromCrowdsByWhatCompletes) {
  expect_found(
      "syn", When::window,
      {{.why = "SYNs of which none becomes a connection",
        .in = {{Vector::tcp_syn, 501}},
        .found = {Vector::tcp_syn, Vector::tcp_syn}},
       {.why = "at the limit", .in = {{Vector::tcp_syn, 500}}},
       {.why = "29 % of the handshakes completed",
        .in = {{Vector::tcp_syn, 1000}},
        .counts = {.handshakes = 290},
        .found = {Vector::tcp_syn, Vector::tcp_syn}},
       {.why = "30 %: a crowd",
        .in = {{Vector::tcp_syn, 1000}},
        .counts = {.handshakes = 300},
        .left_alone = true},
       {.why = "where nothing the target sends is visible, clients that go on tell a crowd",
        .in = {{Vector::tcp_syn, 1000}},
        .counts = {.progressed = 300},
        .left_alone = true},
       {.why = "where it is visible, they do not: SYN-ACKs would be seen",
        .in = {{Vector::tcp_syn, 1000}},
        .counts = {.out_total = {10, 1000}, .progressed = 300},
        .found = {Vector::tcp_syn, Vector::tcp_syn}}});
}

TEST(Syn, SlowFloodsShowOverTime) {
  expect_found(
      "syn", When::period,
      {{.why = "150 SYNs of 60 sources in a second, none completed",
        .in = {{Vector::tcp_syn, 150}},
        .found = {Vector::tcp_syn, Vector::tcp_syn},
        .seconds = 1,
        .sources = 60},
       {.why = "149 are too few", .in = {{Vector::tcp_syn, 149}}, .seconds = 1, .sources = 60},
       {.why = "of few sources: a client that retries",
        .in = {{Vector::tcp_syn, 150}},
        .seconds = 1,
        .sources = 30},
       {.why = "as many over ten seconds are too slow",
        .in = {{Vector::tcp_syn, 400}},
        .seconds = 10,
        .sources = 60},
       {.why = "a tenth and more completed",
        .in = {{Vector::tcp_syn, 200}},
        .counts = {.handshakes = 21},
        .seconds = 1,
        .sources = 60},
       {.why = "nothing is known of the sources", .in = {{Vector::tcp_syn, 150}}, .seconds = 1},
       {.why = "half as many keep an incident open",
        .in = {{Vector::tcp_syn, 80}},
        .found = {Vector::tcp_syn, Vector::tcp_syn},
        .seconds = 1,
        .scale = 0.5,
        .sources = 60}});
}

TEST(Connections, ThatBringNothingAreAFlood) {
  expect_found("connections", When::window,
               {{.why = "connections that stay silent",
                 .in = {{Vector::tcp_established, 3000}},
                 .counts = {.handshakes = 501},
                 .found = {Vector::tcp_connection, Vector::tcp_connection}},
                {.why = "at the limit",
                 .in = {{Vector::tcp_established, 3000}},
                 .counts = {.handshakes = 500}},
                {.why = "half of them ask for something: a crowd",
                 .in = {{Vector::tcp_established, 3000}},
                 .counts = {.handshakes = 600, .first_payloads = 300},
                 .left_alone = true},
                {.why = "fewer do",
                 .in = {{Vector::tcp_established, 3000}},
                 .counts = {.handshakes = 600, .first_payloads = 299},
                 .found = {Vector::tcp_connection, Vector::tcp_connection}}});
}

TEST(Requests, OfFewClientsOrUnservedAreAFlood) {
  expect_found(
      "requests", When::window,
      {{.why = "requests that nobody serves",
        .in = {{Vector::http_request, 501}},
        .found = {Vector::http_request},
        .sources = 500},
       {.why = "at the limit", .in = {{Vector::http_request, 500}}, .sources = 500},
       {.why = "many clients, a request each, all served: a crowd",
        .in = {{Vector::http_request, 600}, {Vector::tcp_established, 3000}},
        .sources = 550,
        .left_alone = true},
       {.why = "served, but of few clients",
        .in = {{Vector::http_request, 600}, {Vector::tcp_established, 3000}},
        .found = {Vector::http_request},
        .sources = 60},
       {.why = "hellos have their own limit", .in = {{Vector::tls_hello, 300}}, .sources = 300},
       {.why = "hellos that nobody serves",
        .in = {{Vector::tls_hello, 301}},
        .found = {Vector::tls_hello},
        .sources = 300},
       {.why = "QUIC initials that are answered, of many clients: a crowd",
        .in = {{Vector::quic_initial, 600, 1250}, {Vector::udp_answered, 3000}},
        .sources = 600,
        .left_alone = true},
       {.why = "QUIC initials that are not",
        .in = {{Vector::quic_initial, 600, 1250}},
        .found = {Vector::quic_initial},
        .sources = 600}});
}

TEST(Reflection, BelowTheLimitsShowsByAnswersThatNobodyAskedFor) {
  expect_found(
      "reflection", When::period,
      {{.why = "answers of ten servers",
        .in = {{Vector::reflection_dns, 300, 1500}},
        .found = {Vector::reflection_port},
        .seconds = 10,
        .sources = 10},
       {.why = "of two: a resolver and its spare",
        .in = {{Vector::reflection_dns, 300, 1500}},
        .seconds = 10,
        .sources = 2},
       {.why = "answers with the fragments that go with them",
        .in = {{Vector::reflection_dns, 100, 1500}, {Vector::udp_fragment, 200, 1500}},
        .found = {Vector::reflection_port},
        .seconds = 10,
        .sources = 10},
       {.why = "fragments alone",
        .in = {{Vector::udp_fragment, 400, 1500}},
        .seconds = 10,
        .sources = 10},
       {.why = "a server that answers what comes is asked, from whatever port",
        .in = {{Vector::reflection_stun, 300}},
        .counts = {.answers = 150},
        .seconds = 10,
        .sources = 10},
       {.why = "a host that many peers answer",
        .in = {{Vector::reflection_bittorrent, 300}, {Vector::udp_answered, 301}},
        .seconds = 10,
        .sources = 100},
       {.why = "answers too small to be worth reflecting, of questions that are not visible",
        .in = {{Vector::reflection_dns, 300, 120}},
        .seconds = 10,
        .sources = 10},
       {.why = "a whole prefix is not judged by it",
        .in = {{Vector::reflection_dns, 300, 1500}},
        .seconds = 10,
        .sources = 10,
        .whole_prefix = true}});
}

TEST(OneSided, BelowTheLimitsShowsByManySourcesThatGetNoAnswer) {
  expect_found("one_sided", When::period,
               {{.why = "datagrams of 150 sources, of no flow and to any port",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 600},
                 .found = {Vector::udp},
                 .seconds = 1,
                 .sources = 150},
                {.why = "of fewer sources",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 600},
                 .seconds = 1,
                 .sources = 60},
                {.why = "too few",
                 .in = {{Vector::udp, 499}},
                 .counts = {.new_flows = 499},
                 .seconds = 1,
                 .sources = 150},
                {.why = "too slow",
                 .in = {{Vector::udp, 900}},
                 .counts = {.new_flows = 900},
                 .seconds = 10,
                 .sources = 150},
                {.why = "to one port: a service that answers nobody",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 600},
                 .seconds = 1,
                 .sources = 150,
                 .one_port = true},
                {.why = "of long flows: answers take another way",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 150},
                 .seconds = 1,
                 .sources = 150},
                {.why = "among as much that is answered",
                 .in = {{Vector::udp, 600}, {Vector::udp_answered, 700}},
                 .counts = {.new_flows = 600},
                 .seconds = 1,
                 .sources = 150},
                {.why = "half of them answered",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 600, .answers = 300},
                 .seconds = 1,
                 .sources = 150},
                {.why = "a thousand pings a second need no spread",
                 .in = {{Vector::icmp, 1000}},
                 .found = {Vector::icmp},
                 .seconds = 1,
                 .sources = 1},
                {.why = "fewer are somebody's monitoring",
                 .in = {{Vector::icmp, 999}},
                 .seconds = 1,
                 .sources = 1}});
}

TEST(DetectorTable, NamesEachOnce) {
  std::vector<std::string_view> names;
  for (const Detector& detector : detector_table()) {
    EXPECT_TRUE(detector.on_window != nullptr || detector.on_period != nullptr ||
                detector.on_sources != nullptr);
    EXPECT_EQ(std::count(names.begin(), names.end(), detector.name), 0) << detector.name;
    names.push_back(detector.name);
  }
}

TEST(TargetCounts, TellOneSidedFromAnswered) {
  TargetCounts counts;
  for (std::size_t v = 0; v < kVectors; ++v) counts.vectors.add(static_cast<Vector>(v), {1, 10});
  std::uint64_t attack = 0;
  for (const VectorInfo& row : vector_table()) attack += row.attack ? 1 : 0;
  EXPECT_EQ(counts.attack(), (Volume{attack, attack * 10}));
  // Less the four kinds of requests, with the two kinds of TCP of which one side is visible.
  EXPECT_EQ(counts.one_sided(), (Volume{attack - 2, (attack - 2) * 10}));
  EXPECT_EQ(counts.of(TrafficClass::fragment), (Volume{2, 20}));
  TargetCounts twice = counts;
  twice.add(counts);
  EXPECT_EQ(twice.attack(), (Volume{attack * 2, attack * 20}));
}

}  // namespace
}  // namespace floodgauge
