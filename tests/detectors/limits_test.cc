// The static limits: of each class of traffic, of one-sided traffic together, and of new flows.
#include "tests/detectors/detector_case.h"

namespace floodgauge {
namespace {

using testing::expect_found;
using testing::When;

TEST(Limits, RepliesToTheTargetsPingsAreNone) {
  expect_found("limits", When::window,
               {{.why = "as many beyond its own pings as the limit",
                 .in = {{Vector::icmp, 900}},
                 .counts = {.pings_sent = 400}},
                {.why = "one more",
                 .in = {{Vector::icmp, 901}},
                 .counts = {.pings_sent = 400},
                 .found = {Vector::icmp}}});
}

TEST(Limits, OfEachClassOpenAndKeepOpen) {
  // The default limits of README.md in packets/s. A window of 100 ms holds a tenth of that.
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
      {"invalid combinations of flags", Vector::tcp_flags, 1000, Vector::tcp_flags},
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

TEST(Limits, OfAllOneSidedTraffic) {
  expect_found(
      "limits", When::window,
      {{.why = "several vectors, each below its limit, are together above the limit of all packets",
        .in = {{Vector::udp, 1900},
               {Vector::tcp_ack, 1900},
               {Vector::dns_query, 1900},
               {Vector::tcp_oneway, 1300}},
        .found = {Vector::other}},
       {.why = "requests have limits of their own",
        .in = {{Vector::dns_query, 1900}, {Vector::http_request, 4000}}},
       {.why = "answered traffic is no flood at any rate",
        .in = {{Vector::tcp_established, 80000, 1500}, {Vector::udp_answered, 80000, 1500}}},
       {.why = "60 Mbit in 100 ms, in 1000 packets",
        .in = {{Vector::udp, 1000, 7500}},
        .found = {Vector::other}},
       {.why = "the same number of bits in 100 packets, whose length fields may be wrong",
        .in = {{Vector::udp, 100, 75000}}},
       {.why = "one transfer, of which one direction is visible",
        .in = {{Vector::tcp_stream, 4000}},
        .counts = {.flows_active = 1}},
       {.why = "many one-sided streams are an ACK flood from fixed ports",
        .in = {{Vector::tcp_stream, 4000}},
        .counts = {.flows_active = 50},
        .found = {Vector::tcp_ack}}});
}

TEST(Limits, OfAcknowledgementsLeaveATransferAlone) {
  TargetCounts counts;
  counts.vectors.add(Vector::tcp_ack, {3000, 4'500'000});
  counts.in_total = {3000, 4'500'000};
  const Thresholds limits = default_host_thresholds();
  const auto found = [&](unsigned flows, std::uint64_t active) {
    TargetSummary summary;
    for (unsigned flow = 0; flow < flows; ++flow) {
      summary.add({.source = IpAddress::from_v4(0xc0000201u),
                   .source_port = static_cast<std::uint16_t>(2000 + flow)},
                  key_from_seed(1));
    }
    counts.flows_active = active;
    Verdict verdict;
    check_limits({.counts = counts, .seconds = 0.1, .summary = &summary, .limits = &limits},
                 verdict);
    return !verdict.findings.empty();
  };
  EXPECT_FALSE(found(1, 1)) << "its acknowledgements take another way";
  EXPECT_FALSE(found(3, 20));
  EXPECT_TRUE(found(4, 20)) << "more flows than a transfer has";
  EXPECT_TRUE(found(3, 50)) << "one among many flows";
}

/// A host with a tracker of windows of 100 ms, the last of which is judged.
class Lately {
 public:
  void window(const TargetCounts& counts) {
    counts_ = counts;
    start_ = start_ + milliseconds(100);
    tracker_.add(counts, start_, 0.1);
  }
  bool is_found(double scale = 1) const {
    const Thresholds limits = default_host_thresholds();
    Verdict verdict;
    for (const Detector& detector : detector_table()) {
      if (detector.on_window == nullptr) continue;
      detector.on_window({.counts = counts_,
                          .seconds = 0.1,
                          .limits = &limits,
                          .scale = scale,
                          .tracker = &tracker_,
                          .start = start_},
                         verdict);
    }
    return !verdict.findings.empty();
  }

 private:
  Nanoseconds start_ = whole_seconds(1000);
  TargetTracker tracker_{start_, 0};
  TargetCounts counts_;
};

TargetCounts syns(std::uint64_t packets) {
  TargetCounts counts;
  counts.vectors.add(Vector::tcp_syn, {packets, packets * 60});
  counts.in_total = {packets, packets * 60};
  return counts;
}

TEST(Limits, AFewHundredPacketsAreABurstUntilAsManyFollow) {
  Lately burst;
  burst.window(syns(699));
  EXPECT_FALSE(burst.is_found());
  burst.window(syns(400));
  EXPECT_FALSE(burst.is_found()) << "below the limit";
  burst.window(syns(510));
  EXPECT_TRUE(burst.is_found());
  Lately flood;
  flood.window(syns(700));
  EXPECT_TRUE(flood.is_found());
  Lately open;
  open.window(syns(300));
  EXPECT_TRUE(open.is_found(0.5)) << "an incident is open";
  Lately flags;
  TargetCounts invalid;
  invalid.vectors.add(Vector::tcp_flags, {101, 6060});
  flags.window(invalid);
  EXPECT_TRUE(flags.is_found()) << "no crowd sends them";
}

TargetCounts joining(std::uint64_t first, std::uint64_t answers, std::uint64_t answered) {
  TargetCounts counts;
  counts.vectors.add(Vector::udp, {first, first * 100});
  counts.vectors.add(Vector::udp_answered, {answered, answered * 100});
  counts.in_total = {first + answered, (first + answered) * 100};
  counts.answers = answers;
  return counts;
}

TEST(Limits, ClientsOverUdpMayBeginTogether) {
  Lately game;
  game.window(joining(4000, 2000, 1000));
  EXPECT_FALSE(game.is_found());
  Lately unanswered;
  unanswered.window(joining(4000, 1999, 1000));
  EXPECT_TRUE(unanswered.is_found());
  Lately single;
  single.window(joining(4000, 2000, 999));
  EXPECT_TRUE(single.is_found()) << "the clients do not go on";
  for (int window = 0; window < 2; ++window) game.window(joining(4000, 2000, 1000));
  EXPECT_FALSE(game.is_found());
  game.window(joining(4000, 2000, 1000));
  EXPECT_TRUE(game.is_found()) << "this goes on for too long";
}

TEST(Limits, OfNewFlowsApplyToUnansweredFlows) {
  expect_found("limits", When::window,
               {{.why = "flows that are not answered",
                 .in = {{Vector::udp, 1001}},
                 .counts = {.new_flows = 1001},
                 .found = {Vector::other}},
                {.why = "the same number of flows, half of them answered",
                 .in = {{Vector::udp, 1001}},
                 .counts = {.new_flows = 1001, .answers = 501}},
                {.why = "the same number of flows, half of them with completed handshakes",
                 .in = {{Vector::tcp_syn, 1001}},
                 .counts = {.new_flows = 1001, .handshakes = 501}}});
}

TEST(Limits, NeedEnoughPacketsForARate) {
  expect_found(
      "limits", When::window,
      {{.why = "a window cut off after 10 ms: 99 packets are too few for a limit of 5000 a second",
        .in = {{Vector::icmp, 99}},
        .seconds = 0.01},
       {.why = "100 packets are enough: the limit allows them in 20 ms",
        .in = {{Vector::icmp, 100}},
        .found = {Vector::icmp},
        .seconds = 0.01},
       {.why = "49 packets are too few, however low the limit is",
        .in = {{Vector::tcp_flags, 49}},
        .seconds = 0.01},
       {.why = "50 packets are enough for a limit of 1000 a second",
        .in = {{Vector::tcp_flags, 50}},
        .found = {Vector::tcp_flags},
        .seconds = 0.01}});
}

TEST(Limits, OfUnaskedAnswersFromOnePortOfAnUnknownService) {
  TargetCounts sends;  // the target's own packets are visible
  sends.out_total = {100, 10'000};
  TargetCounts asks = sends;
  asks.vectors.add(Vector::udp, {}, 300);
  TargetCounts serves = sends;
  serves.answers = 300;
  TargetCounts few_flows;
  few_flows.flows_active = 20;
  expect_found("limits", When::window,
               {{.why = "three servers, above the limit of reflection and below that of UDP",
                 .in = {{Vector::udp, 501, 1400}},
                 .counts = sends,
                 .found = {Vector::reflection_port},
                 .sources = 3,
                 .source_port = 9999},
                {.why = "three thousand servers",
                 .in = {{Vector::udp, 501, 100}},
                 .counts = sends,
                 .found = {Vector::reflection_port},
                 .sources = 3000,
                 .source_port = 9999},
                {.why = "at the limit of reflection",
                 .in = {{Vector::udp, 500, 1400}},
                 .counts = sends,
                 .sources = 40,
                 .source_port = 9999},
                {.why = "one server's datagrams are a conversation",
                 .in = {{Vector::udp, 501, 1400}},
                 .counts = sends,
                 .sources = 1,
                 .source_port = 9999},
                {.why = "clients have ports of their own choice, one of the dynamic ones",
                 .in = {{Vector::udp, 501, 1400}},
                 .counts = sends,
                 .sources = 40,
                 .source_port = 50000},
                {.why = "streams come from the ports of RTP, from which nothing answers",
                 .in = {{Vector::udp, 501, 1344}},
                 .counts = sends,
                 .sources = 15,
                 .source_port = 5004},
                {.why = "the port beside theirs",
                 .in = {{Vector::udp, 501, 1344}},
                 .counts = sends,
                 .found = {Vector::reflection_port},
                 .sources = 15,
                 .source_port = 5006},
                {.why = "one direction of a prefix: calls over relays, flows that go on",
                 .in = {{Vector::udp, 600, 900}},
                 .counts = {.flows_active = 300},
                 .sources = 40,
                 .whole_prefix = true,
                 .source_port = 3478},
                {.why = "the same in flows of few packets each",
                 .in = {{Vector::udp, 600, 900}},
                 .counts = {.flows_active = 301},
                 .found = {Vector::reflection_port},
                 .sources = 40,
                 .whole_prefix = true,
                 .source_port = 3478},
                {.why = "a host that asks is answered",
                 .in = {{Vector::udp, 501, 1400}},
                 .counts = asks,
                 .sources = 40,
                 .source_port = 9999},
                {.why = "a server that answers half of the datagrams",
                 .in = {{Vector::udp, 501, 1400}},
                 .counts = serves,
                 .sources = 40,
                 .source_port = 9999},
                {.why = "one direction: a download over HTTP/3 from a few servers",
                 .in = {{Vector::udp, 4000, 1300}},
                 .counts = few_flows,
                 .sources = 4,
                 .source_port = 443},
                {.why = "one direction: the same from very many networks is a flood",
                 .in = {{Vector::udp, 4000, 1300}},
                 .counts = few_flows,
                 .found = {Vector::udp, Vector::reflection_port},
                 .sources = 40,
                 .source_port = 443},
                {.why = "one direction: short datagrams from the port of HTTPS are no download",
                 .in = {{Vector::udp, 4000, 100}},
                 .counts = few_flows,
                 .found = {Vector::udp, Vector::reflection_port},
                 .sources = 4,
                 .source_port = 443},
                {.why = "a download above the limit of all packets",
                 .in = {{Vector::udp, 5001, 1300}},
                 .counts = few_flows,
                 .found = {Vector::other, Vector::other},
                 .sources = 4,
                 .source_port = 443}});
}

}  // namespace
}  // namespace floodgauge
