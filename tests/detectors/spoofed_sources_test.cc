// Forged source addresses, and the real ones that look most like them.
#include "detectors/spoofed_sources.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

#include "detectors/incident_book.h"

namespace floodgauge {
namespace {

using Random = std::mt19937_64;

std::uint32_t routable(Random& random) {
  for (;;) {
    const auto address = static_cast<std::uint32_t>(random());
    const std::uint32_t first = address >> 24;
    if (first != 0 && first != 10 && first != 127 && first < 224) return address;
  }
}
std::uint32_t any(Random& random) {
  return static_cast<std::uint32_t>(random());
}
// 80 networks with different numbers of hosts.
std::uint32_t where_people_are(Random& random) {
  const std::uint64_t place = random() % 80 * (random() % 80) / 80;
  return static_cast<std::uint32_t>(place + 60) << 24 |
         static_cast<std::uint32_t>(random() & 0xffffff);
}
std::uint32_t one_network(Random& random) {
  return 0xc0000000u + static_cast<std::uint32_t>(random() % 60000);
}

struct Case {
  const char* why;
  std::uint32_t (*source)(Random&);
  std::uint32_t sources = 4000;
  std::uint32_t packets_each = 1;
  bool one_ttl = false;
  Vector vector = Vector::tcp_syn;
  std::vector<std::string_view> told = {};
  std::string_view shape = "";
};

TargetSummary summary_of(const Case& one) {
  TargetSummary summary;
  Random random(7);
  for (std::uint32_t n = 0; n < one.sources; ++n) {
    LogEntry entry{.source = IpAddress::from_v4(one.source(random)), .vector = one.vector};
    entry.ttl = static_cast<std::uint8_t>(one.one_ttl ? 52 : (n % 3 == 0 ? 118 : 55) - n % 11);
    for (std::uint32_t p = 0; p < one.packets_each; ++p) summary.add(entry, key_from_seed(1));
  }
  return summary;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {.why = "drawn from all routed addresses, by many machines",
       .source = routable,
       .told = {"spoofed_network_spread"},
       .shape = "spoofed: spread evenly over all networks"},
      {.why = "drawn from all routed addresses, by one machine",
       .source = routable,
       .one_ttl = true,
       .told = {"spoofed_network_spread", "spoofed_ttl_spread"},
       .shape = "spoofed: spread evenly over all networks"},
      {.why = "32 random bits: one in seven is an address that no host has",
       .source = any,
       .told = {"spoofed_network_spread", "spoofed_impossible_share"},
       .shape = "spoofed: spread evenly over all networks"},
      {.why = "real people's addresses, in packets that all have the same distance",
       .source = where_people_are,
       .packets_each = 10,
       .one_ttl = true,
       .told = {"spoofed_ttl_spread"},
       .shape = "spoofed: many networks, all at one distance"},
      {.why = "real machines of people", .source = where_people_are},
      {.why = "real machines, each seen once", .source = where_people_are, .sources = 150'000},
      {.why = "machines all over the world, each seen twice",
       .source = routable,
       .packets_each = 2},
      {.why = "a network's hosts, one router away", .source = one_network, .one_ttl = true},
      {.why = "too few sources to say", .source = any, .sources = 200, .one_ttl = true},
      {.why = "reflectors answer from their own addresses",
       .source = routable,
       .vector = Vector::reflection_ntp},
      {.why = "servers answer SYNs from their own addresses",
       .source = routable,
       .vector = Vector::tcp_synack},
      {.why = "a handshake is only completed by the owner of the address",
       .source = routable,
       .vector = Vector::tls_hello},
      {.why = "one machine", .source = one_network, .sources = 1, .shape = "one source"},
  };
  return kCases;
}

TEST(SpoofedSources, AreDistinguishedFromRealOnes) {
  for (const Case& one : cases()) {
    const TargetSummary summary = summary_of(one);
    Findings evidence;
    check_spoofed_sources(summary, one.vector, evidence);
    std::vector<std::string_view> told;
    for (const Finding& finding : evidence) told.push_back(finding.measure);
    EXPECT_EQ(told, one.told) << one.why;
    EXPECT_EQ(shape_of(summary, evidence), one.shape) << one.why;
  }
}

TEST(SpoofedSources, AreFoundAmongMoreSourcesThanAreKept) {
  // The sources that are kept must be a random sample, not for example the lowest addresses.
  TargetSummary summary(4096);
  Random random(3);
  for (int n = 0; n < 300'000; ++n) {
    summary.add(LogEntry{.source = IpAddress::from_v4(routable(random)), .ttl = 60},
                key_from_seed(1));
    if (n % 10'000 == 0) summary.prune();
  }
  summary.prune();
  const SourceEvidence seen = evidence_of(summary);
  EXPECT_LE(seen.known, 4096u);
  EXPECT_GT(seen.networks, 200);
}

TEST(SpoofedSources, AreEvidenceAndOpenNoIncident) {
  for (const Detector& detector : detector_table()) {
    if (detector.on_sources == nullptr) continue;
    EXPECT_EQ(detector.on_window, nullptr) << detector.name;
    EXPECT_EQ(detector.on_period, nullptr) << detector.name;
  }
  Incident first;
  first.evidence = {{"tcp_syn_packets_per_second", 9000, 5000, 0.1}};
  OngoingIncident ongoing(first, UsualRates{}, 65536);
  TargetCounts counts;
  counts.vectors.add(Vector::tcp_syn, {4000, 240'000});
  ongoing.add(counts, 0.5);
  SourcesByGroup sources;
  sources.of(Vector::tcp_syn).merge(summary_of({.why = "", .source = routable}));
  ongoing.add_sources(sources);
  for (int again = 0; again < 2; ++again) {
    ongoing.render(nullptr);
    const std::vector<Evidence>& evidence = ongoing.incident().evidence;
    ASSERT_EQ(evidence.size(), 2u) << "each is there once, however often it is rendered";
    EXPECT_EQ(evidence[0].measure, "tcp_syn_packets_per_second")
        << "the evidence that opened it comes first";
    EXPECT_EQ(evidence[1].measure, "spoofed_network_spread");
    EXPECT_GT(evidence[1].value, evidence[1].limit);
    EXPECT_EQ(evidence[1].window_seconds, 0.5);
  }
}

}  // namespace
}  // namespace floodgauge
