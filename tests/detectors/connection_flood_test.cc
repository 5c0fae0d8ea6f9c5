// Connection floods, beside crowds of clients.
#include "tests/detectors/detector_case.h"

namespace floodgauge {
namespace {

using testing::expect_found;
using testing::When;

TEST(Connections, WithoutDataAreAFlood) {
  expect_found("connections", When::window,
               {{.why = "connections in which the clients send nothing",
                 .in = {{Vector::tcp_established, 3000}},
                 .counts = {.handshakes = 501},
                 .found = {Vector::tcp_connection, Vector::tcp_connection}},
                {.why = "at the limit",
                 .in = {{Vector::tcp_established, 3000}},
                 .counts = {.handshakes = 500}},
                {.why = "half of the clients send a request: a crowd",
                 .in = {{Vector::tcp_established, 3000}},
                 .counts = {.handshakes = 600, .first_payloads = 300},
                 .left_alone = true},
                {.why = "less than half of the clients send a request",
                 .in = {{Vector::tcp_established, 3000}},
                 .counts = {.handshakes = 600, .first_payloads = 299},
                 .found = {Vector::tcp_connection, Vector::tcp_connection}}});
}

}  // namespace
}  // namespace floodgauge
