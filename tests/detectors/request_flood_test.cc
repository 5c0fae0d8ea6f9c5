// Request floods, beside crowds of clients.
#include <cmath>

#include "tests/detectors/detector_case.h"

namespace floodgauge {
namespace {

using testing::expect_found;
using testing::When;

TEST(Requests, OfFewClientsOrUnansweredAreAFlood) {
  expect_found(
      "requests", When::window,
      {{.why = "requests that are not served",
        .in = {{Vector::http_request, 501}},
        .found = {Vector::http_request},
        .sources = 500},
       {.why = "at the limit", .in = {{Vector::http_request, 500}}, .sources = 500},
       {.why = "many clients with one request each, all served: a crowd",
        .in = {{Vector::http_request, 600}, {Vector::tcp_established, 3000}},
        .sources = 550,
        .left_alone = true},
       {.why = "requests of few clients, though served",
        .in = {{Vector::http_request, 600}, {Vector::tcp_established, 3000}},
        .found = {Vector::http_request},
        .sources = 60},
       {.why = "TLS hellos at their own limit", .in = {{Vector::tls_hello, 300}}, .sources = 300},
       {.why = "TLS hellos that are not served",
        .in = {{Vector::tls_hello, 301}},
        .found = {Vector::tls_hello},
        .sources = 300},
       {.why = "QUIC initials of many clients, answered: a crowd",
        .in = {{Vector::quic_initial, 600, 1250}, {Vector::udp_answered, 3000}},
        .sources = 600,
        .left_alone = true},
       {.why = "QUIC initials that are not answered",
        .in = {{Vector::quic_initial, 600, 1250}},
        .found = {Vector::quic_initial},
        .sources = 600}});
}

TEST(Requests, AreServedWhenClientsSendEnoughBesideThem) {
  expect_found("requests", When::window,
               {{.why = "one more packet for each request of HTTP",
                 .in = {{Vector::http_request, 600}, {Vector::tcp_established, 600}},
                 .sources = 550,
                 .left_alone = true},
                {.why = "one packet less than that",
                 .in = {{Vector::http_request, 600}, {Vector::tcp_established, 599}},
                 .found = {Vector::http_request},
                 .sources = 550},
                {.why = "three more packets for each TLS hello",
                 .in = {{Vector::tls_hello, 400}, {Vector::tcp_established, 1200}},
                 .sources = 400,
                 .left_alone = true},
                {.why = "one packet less than that for TLS",
                 .in = {{Vector::tls_hello, 400}, {Vector::tcp_established, 1199}},
                 .found = {Vector::tls_hello},
                 .sources = 400},
                {.why = "TCP does not serve QUIC",
                 .in = {{Vector::quic_initial, 600, 1250}, {Vector::tcp_established, 3000}},
                 .found = {Vector::quic_initial},
                 .sources = 600},
                {.why = "nothing is known of the clients: they count as one",
                 .in = {{Vector::http_request, 600}, {Vector::tcp_established, 3000}},
                 .found = {Vector::http_request}},
                {.why = "what keeps an open incident open is not judged as a crowd",
                 .in = {{Vector::http_request, 600}, {Vector::tcp_established, 3000}},
                 .found = {Vector::http_request},
                 .scale = 0.5,
                 .sources = 550}});
}

TEST(Requests, InOneSegmentCountEach) {
  expect_found("requests", When::window,
               {{.why = "20 segments of 26 requests",
                 .in = {{Vector::http_request, 20}, {Vector::tcp_established, 3000}},
                 .counts = {.extra_requests = 500},
                 .found = {Vector::http_request},
                 .sources = 20},
                {.why = "20 segments of 25 requests: at the limit",
                 .in = {{Vector::http_request, 20}, {Vector::tcp_established, 3000}},
                 .counts = {.extra_requests = 480},
                 .sources = 20}});
}

/// Sources of `clients` that send within `seconds`, of `rate` requests a second of all of them.
std::uint32_t seen_of(double clients, double rate, double seconds) {
  return static_cast<std::uint32_t>(-clients * std::expm1(-rate / clients * seconds) + 0.5);
}

TEST(Requests, OfFewClientsAreToldFromACrowdInWindowsOfAnyLength) {
  constexpr double kRate = 20000;
  for (const double seconds : {0.01, 0.05, 0.1, 1.0}) {
    const auto requests = static_cast<std::uint64_t>(kRate * seconds);
    const std::vector<testing::In> in = {{Vector::http_request, requests},
                                         {Vector::tcp_established, 5 * requests}};
    SCOPED_TRACE(seconds);
    expect_found("requests", When::window,
                 {{.why = "100 clients with 200 requests a second each, all served",
                   .in = in,
                   .found = {Vector::http_request},
                   .seconds = seconds,
                   .sources = seen_of(100, kRate, seconds)},
                  {.why = "20,000 clients with one request a second each",
                   .in = in,
                   .seconds = seconds,
                   .sources = seen_of(20000, kRate, seconds),
                   .left_alone = true}});
  }
}

TEST(Requests, OfOnePersonAreSeveralInALongerTime) {
  expect_found("requests", When::window,
               {{.why = "six requests of each client in a second",
                 .in = {{Vector::http_request, 6000}, {Vector::tcp_established, 30000}},
                 .seconds = 1,
                 .sources = 1000,
                 .left_alone = true},
                {.why = "more than six",
                 .in = {{Vector::http_request, 7000}, {Vector::tcp_established, 30000}},
                 .found = {Vector::http_request},
                 .seconds = 1,
                 .sources = 1000}});
}

}  // namespace
}  // namespace floodgauge
