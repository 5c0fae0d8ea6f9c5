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

}  // namespace
}  // namespace floodgauge
