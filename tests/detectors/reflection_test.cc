// Reflection below the limits, beside hosts that are answered or asked.
#include "tests/detectors/detector_case.h"

namespace floodgauge {
namespace {

using testing::expect_found;
using testing::When;

TEST(Reflection, BelowTheLimitsIsFoundByUnaskedAnswers) {
  expect_found("reflection", When::period,
               {{.why = "answers of ten servers",
                 .in = {{Vector::reflection_dns, 300, 1500}},
                 .found = {Vector::reflection_port},
                 .seconds = 10,
                 .sources = 10},
                {.why = "answers of two servers: a resolver and its spare",
                 .in = {{Vector::reflection_dns, 300, 1500}},
                 .seconds = 10,
                 .sources = 2},
                {.why = "answers with the fragments that belong to them",
                 .in = {{Vector::reflection_dns, 100, 1500}, {Vector::udp_fragment, 200, 1500}},
                 .found = {Vector::reflection_port},
                 .seconds = 10,
                 .sources = 10},
                {.why = "fragments alone",
                 .in = {{Vector::udp_fragment, 400, 1500}},
                 .seconds = 10,
                 .sources = 10},
                {.why = "a target that answers half of the packets is a server",
                 .in = {{Vector::reflection_stun, 300}},
                 .counts = {.answers = 150},
                 .seconds = 10,
                 .sources = 10},
                {.why = "a host that is answered by many peers",
                 .in = {{Vector::reflection_bittorrent, 300}, {Vector::udp_answered, 301}},
                 .seconds = 10,
                 .sources = 100},
                {.why = "answers too small for amplification, where questions are not visible",
                 .in = {{Vector::reflection_dns, 300, 120}},
                 .seconds = 10,
                 .sources = 10},
                {.why = "a whole prefix is not judged by this detector",
                 .in = {{Vector::reflection_dns, 300, 1500}},
                 .seconds = 10,
                 .sources = 10,
                 .whole_prefix = true}});
}

}  // namespace
}  // namespace floodgauge
