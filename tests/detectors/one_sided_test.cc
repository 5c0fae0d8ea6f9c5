// Floods of many sources below the limits, beside services that do not answer.
#include "tests/detectors/detector_case.h"

namespace floodgauge {
namespace {

using testing::expect_found;
using testing::When;

TEST(OneSided, BelowTheLimitsIsFoundByManyUnansweredSources) {
  expect_found("one_sided", When::period,
               {{.why = "datagrams of 150 sources, each a new flow, to any port",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 600},
                 .found = {Vector::udp},
                 .seconds = 1,
                 .sources = 150},
                {.why = "the same of 60 sources",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 600},
                 .seconds = 1,
                 .sources = 60},
                {.why = "too few packets",
                 .in = {{Vector::udp, 499}},
                 .counts = {.new_flows = 499},
                 .seconds = 1,
                 .sources = 150},
                {.why = "too low a rate",
                 .in = {{Vector::udp, 900}},
                 .counts = {.new_flows = 900},
                 .seconds = 10,
                 .sources = 150},
                {.why = "to one port: a service that does not answer",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 600},
                 .seconds = 1,
                 .sources = 150,
                 .one_port = true},
                {.why = "in lasting flows: the answers take another way",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 150},
                 .seconds = 1,
                 .sources = 150},
                {.why = "less than half of the packets; the others are answered",
                 .in = {{Vector::udp, 600}, {Vector::udp_answered, 700}},
                 .counts = {.new_flows = 600},
                 .seconds = 1,
                 .sources = 150},
                {.why = "half of the datagrams answered",
                 .in = {{Vector::udp, 600}},
                 .counts = {.new_flows = 600, .answers = 300},
                 .seconds = 1,
                 .sources = 150},
                {.why = "a thousand pings a second of one source",
                 .in = {{Vector::icmp, 1000}},
                 .found = {Vector::icmp},
                 .seconds = 1,
                 .sources = 1},
                {.why = "as many replies to its own pings beside the limit",
                 .in = {{Vector::icmp, 1400}},
                 .counts = {.pings_sent = 401},
                 .seconds = 1,
                 .sources = 1},
                {.why = "one more than the limit beside the replies",
                 .in = {{Vector::icmp, 1401}},
                 .counts = {.pings_sent = 401},
                 .found = {Vector::icmp},
                 .seconds = 1,
                 .sources = 1},
                {.why = "fewer pings, of a monitoring system",
                 .in = {{Vector::icmp, 999}},
                 .seconds = 1,
                 .sources = 1}});
}

}  // namespace
}  // namespace floodgauge
