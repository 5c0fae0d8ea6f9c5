#include "bench/trafficgen/spec.h"

#include <gtest/gtest.h>

#include "bench/trafficgen/truth.h"

namespace floodgauge::trafficgen {
namespace {

TEST(FloodSpec, ReadsEveryKey) {
  const FloodSpec spec = parse_flood(
      "tcp_syn:target=203.0.113.0/25,rate=1.5Mpps,start=3s,duration=250ms,sources=700,ramp=1s,"
      "size=64,port=53,pulse=2s/5s,answers=0.25");
  EXPECT_EQ(spec.vector, Vector::tcp_syn);
  EXPECT_EQ(spec.target.text(), "203.0.113.0/25");
  EXPECT_DOUBLE_EQ(spec.pps, 1.5e6);
  EXPECT_EQ(spec.start, whole_seconds(3));
  EXPECT_EQ(spec.duration, milliseconds(250));
  EXPECT_EQ(spec.sources, 700u);
  EXPECT_FALSE(spec.spoofed);
  EXPECT_EQ(spec.ramp, whole_seconds(1));
  EXPECT_EQ(spec.size, 64u);
  EXPECT_EQ(spec.port, 53);
  EXPECT_EQ(spec.pulse_on, whole_seconds(2));
  EXPECT_EQ(spec.pulse_off, whole_seconds(5));
  EXPECT_DOUBLE_EQ(spec.answers, 0.25);
}

TEST(FloodSpec, ReadsEveryKindOfSources) {
  const FloodSpec crowd = parse_flood("udp:sources=crowd/4000,ttl=52");
  EXPECT_TRUE(crowd.crowd);
  EXPECT_FALSE(crowd.spoofed);
  EXPECT_EQ(crowd.sources, 4000u);
  EXPECT_EQ(crowd.ttl, 52);
  const FloodSpec any = parse_flood("udp:sources=any");
  EXPECT_TRUE(any.spoofed);
  EXPECT_TRUE(any.any_source);
  EXPECT_FALSE(parse_flood("udp:sources=spoofed").any_source);
  EXPECT_THROW(parse_flood("udp:sources=crowd/"), SpecError);
  EXPECT_THROW(parse_flood("udp:ttl=256"), SpecError);
}

TEST(FloodSpec, KnowsEveryVectorOfTheEngine) {
  for (const VectorInfo& row : vector_table()) {
    if (!row.attack || row.vector == Vector::reflection_port) continue;
    EXPECT_EQ(parse_flood(row.name).vector_name(), row.name);
  }
  EXPECT_EQ(parse_flood("reflection_port_4242").vector_name(), "reflection_port_4242");
}

struct WrongCase {
  const char* why;
  const char* text;
};

void PrintTo(const WrongCase& wrong, std::ostream* out) {
  *out << wrong.why;
}

class WrongFlood : public testing::TestWithParam<WrongCase> {};

TEST_P(WrongFlood, IsRefused) {
  EXPECT_THROW(parse_flood(GetParam().text), SpecError);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, WrongFlood,
    testing::Values(WrongCase{"an unknown vector", "tcp_sin:rate=5kpps"},
                    WrongCase{"ordinary traffic is not a vector", "tcp_established:rate=5kpps"},
                    WrongCase{"a port is missing", "reflection_port_:rate=5kpps"},
                    WrongCase{"a rate without unit", "udp:rate=50k"},
                    WrongCase{"a rate of zero", "udp:rate=0pps"},
                    WrongCase{"a rate that is not a number", "udp:rate=5.5.5kpps"},
                    WrongCase{"an unknown key", "udp:rat=50kpps"},
                    WrongCase{"a key without value", "udp:rate"},
                    WrongCase{"a target that is not an address", "udp:target=198.51.100"},
                    WrongCase{"a pulse without its pause", "udp:pulse=2s"},
                    WrongCase{"a pulse that is never on", "udp:pulse=0s/1s"},
                    WrongCase{"a share above 1", "udp:answers=1.5"},
                    WrongCase{"a port above 65535", "udp:port=65536"},
                    WrongCase{"ICMP over IPv6", "icmp:target=2001:db8:1::7"},
                    WrongCase{"ICMPv6 over IPv4", "icmpv6:target=198.51.100.7"}));

TEST(Times, AreReadAndWrittenInTheSameFormat) {
  for (const char* text : {"2026-11-21T18:00:02.000000000Z", "1970-01-01T00:00:00.000000001Z",
                           "2024-02-29T23:59:59.999999999Z"}) {
    EXPECT_EQ(rfc3339(parse_time(text)), text);
  }
  EXPECT_EQ(rfc3339(parse_time("2026-11-21T18:00:02.5Z")), "2026-11-21T18:00:02.500000000Z");
  for (const char* wrong :
       {"", "2026-11-21", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-21T18:00:02",
        "2026-11-21T18:00:02+01:00", "2026-11-21T18:00:02.Z", "1969-01-01T00:00:00Z"}) {
    EXPECT_THROW(parse_time(wrong), SpecError) << wrong;
  }
}

TEST(Durations, NeedAUnit) {
  EXPECT_EQ(parse_duration("2min"), whole_seconds(120));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  for (const char* wrong : {"", "3", "s", "-3s", "3 s", "3sec", "1e300h", "9999999999h"}) {
    EXPECT_THROW(parse_duration(wrong), SpecError) << wrong;
  }
}

TEST(Benign, ReadsMixAndRate) {
  const BenignSpec spec = parse_benign("web=20kpps");
  EXPECT_EQ(spec.mix, "web");
  EXPECT_DOUBLE_EQ(spec.pps, 20'000);
  const BenignSpec later = parse_benign("backup=5kpps,start=2h,duration=30min");
  EXPECT_DOUBLE_EQ(later.pps, 5000);
  EXPECT_EQ(later.start, whole_seconds(7200));
  EXPECT_EQ(later.duration, whole_seconds(1800));
  EXPECT_THROW(parse_benign("web"), SpecError);
  EXPECT_THROW(parse_benign("web=20kpps,star=2h"), SpecError);
  EXPECT_THROW(parse_benign("web=20"), SpecError);
}

}  // namespace
}  // namespace floodgauge::trafficgen
