// What is measured of an incident while it is open.
#include "detectors/ongoing_incident.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace floodgauge {
namespace {

Incident flood() {
  Incident incident;
  incident.kind = IncidentKind::flood;
  incident.target = IpPrefix::host(IpAddress::from_v4(0xc6330001u));
  incident.start = whole_seconds(100);
  incident.detected = incident.start + milliseconds(200);
  return incident;
}

TEST(OngoingIncident, TheRateHistoryHasAtMostSixtyPoints) {
  OngoingIncident ongoing(flood(), UsualRates{}, 64);
  for (int window = 0; window < 10000; ++window) ongoing.note_rate(window < 5000 ? 100 : 300);
  ongoing.render(nullptr);
  const std::vector<double>& history = ongoing.incident().rate_history;
  ASSERT_LE(history.size(), 60u);
  ASSERT_GE(history.size(), 30u);
  EXPECT_DOUBLE_EQ(history.front(), 100);
  EXPECT_DOUBLE_EQ(history.back(), 300);
}

TEST(OngoingIncident, TheEvidenceOfRequestsIsTheirHighestRate) {
  Incident first = flood();
  first.evidence = {{"http_requests_per_second", 6000, 5000, 0.1}, {"other_per_second", 7, 5, 0.1}};
  OngoingIncident ongoing(first, UsualRates{}, 64);
  ongoing.note({{Vector::http_request, "http_requests_per_second", 96000, 5000, 1}}, true);
  ongoing.note({{Vector::http_request, "http_requests_per_second", 90000, 5000, 0.1},
                {Vector::other, "other_per_second", 8, 5, 0.1}},
               true);
  const std::vector<Evidence>& evidence = ongoing.incident().evidence;
  EXPECT_EQ(evidence[0].value, 96000);
  EXPECT_EQ(evidence[0].window_seconds, 1);
  EXPECT_EQ(evidence[1].value, 7) << "what opened the incident";
}

TEST(OngoingIncident, FragmentsAreCountedAsTheReflectionTheyBelongTo) {
  TargetCounts counts;
  counts.vectors.add(Vector::udp_fragment, {2000, 2'800'000});
  const TargetCounts fragments = counts;
  counts.vectors.add(Vector::reflection_dns, {1000, 1'400'000});
  OngoingIncident with_answers(flood(), UsualRates{}, 64);
  with_answers.add(counts, 0.1);
  with_answers.render(nullptr);
  ASSERT_EQ(with_answers.incident().vectors.size(), 1u);
  EXPECT_EQ(with_answers.incident().vectors[0].name, "reflection_dns");

  OngoingIncident alone(flood(), UsualRates{}, 64);
  alone.add(fragments, 0.1);
  alone.render(nullptr);
  EXPECT_EQ(alone.incident().vectors[0].name, "udp_fragment");
}

TargetCounts counts_of(std::vector<std::pair<Vector, std::uint64_t>> rows) {
  TargetCounts counts;
  for (const auto& [vector, packets] : rows) counts.vectors.add(vector, {packets, packets * 100});
  return counts;
}

TEST(OngoingIncident, APointOfALongHistoryIsTheMeanOfTwo) {
  OngoingIncident ongoing(flood(), UsualRates{}, 64);
  for (int window = 0; window < 61; ++window) ongoing.note_rate(window);
  ongoing.render(nullptr);
  const std::vector<double>& history = ongoing.incident().rate_history;
  ASSERT_EQ(history.size(), 30u);
  EXPECT_DOUBLE_EQ(history[0], 0.5);
  EXPECT_DOUBLE_EQ(history[29], 58.5);
}

TEST(OngoingIncident, TheNetworksOfItsSendersAreToldByTheirPackets) {
  OngoingIncident ongoing(flood(), UsualRates{}, 64);
  ongoing.add(counts_of({{Vector::udp, 25}}), 0.1);
  SourcesByGroup sources;
  for (std::uint32_t host = 0; host < 3; ++host) {
    for (std::uint32_t network = 12; network-- > 0;) {
      if (host == 2 && network != 5) continue;
      sources.of(Vector::udp)
          .add({.source = IpAddress::from_v4(0x0a000001u + (network << 8) + host)},
               key_from_seed(1));
    }
  }
  ongoing.add_sources(sources);
  ongoing.render(nullptr);
  const std::vector<TopEntry>& networks = ongoing.incident().top_networks;
  ASSERT_EQ(networks.size(), 10u);
  EXPECT_EQ(networks[0].value, "10.0.5.0/24");
  EXPECT_EQ(networks[0].packets, 3u);
  EXPECT_DOUBLE_EQ(networks[0].share, 3.0 / 25);
  EXPECT_EQ(networks[1].value, "10.0.0.0/24") << "of equal ones the lowest address first";
  EXPECT_EQ(networks[1].packets, 2u);
}

TEST(OngoingIncident, RatiosToALimitTellHowBadItIsAndSharesDoNot) {
  OngoingIncident ongoing(flood(), UsualRates{}, 64);
  ongoing.note({{Vector::udp, "share", 0.9, 0.1, 1}, {Vector::udp, "one", 7, 1, 1}}, true);
  EXPECT_EQ(ongoing.worst_ratio, 1);
  ongoing.note({{Vector::udp, "udp_packets_per_second", 3000, 1000, 1}}, true);
  EXPECT_EQ(ongoing.worst_ratio, 3);
  ongoing.note({{Vector::udp, "udp_packets_per_second", 9000, 1000, 1}}, false);
  EXPECT_EQ(ongoing.worst_ratio, 3) << "no limit of the configuration";
}

TEST(OngoingIncident, ItsVectorsHaveOneInTwentyPacketsOrWereFound) {
  OngoingIncident ongoing(flood(), UsualRates{}, 64);
  ongoing.add(counts_of({{Vector::udp, 901}, {Vector::gre, 50}, {Vector::esp, 49}}), 0.1);
  EXPECT_TRUE(ongoing.vectors().contains(Vector::udp));
  EXPECT_TRUE(ongoing.vectors().contains(Vector::gre));
  EXPECT_FALSE(ongoing.vectors().contains(Vector::esp));
  EXPECT_FALSE(ongoing.vectors().contains(Vector::icmp));
  ongoing.note({{Vector::esp, "esp_packets_per_second", 490, 100, 0.1},
                {Vector::icmp, "icmp_packets_per_second", 490, 100, 0.1}},
               true);
  ongoing.add(counts_of({{Vector::udp, 901}, {Vector::gre, 50}, {Vector::esp, 49}}), 0.1);
  EXPECT_TRUE(ongoing.vectors().contains(Vector::esp));
  EXPECT_FALSE(ongoing.vectors().contains(Vector::icmp)) << "none came";
}

TEST(OngoingIncident, AVectorIsNamedFromOneInAHundredOn) {
  OngoingIncident ongoing(flood(), UsualRates{}, 64);
  ongoing.add(counts_of({{Vector::gre, 981}, {Vector::esp, 10}, {Vector::other, 9}}), 0.1);
  ongoing.render(nullptr);
  ASSERT_EQ(ongoing.incident().vectors.size(), 2u);
  EXPECT_EQ(ongoing.incident().vectors[0].name, "gre");
  EXPECT_EQ(ongoing.incident().vectors[1].name, "esp");
}

TEST(OngoingIncident, WhatIsNoAttackByItselfCountsWhereItBringsTheFlood) {
  struct Case {
    const char* why;
    Vector found;
    std::vector<std::pair<Vector, std::uint64_t>> in;
    std::uint64_t packets;
  };
  const Case cases[] = {
      {"connections bring requests",
       Vector::http_request,
       {{Vector::http_request, 500}, {Vector::tcp_established, 300}},
       800},
      {"they bring no datagrams",
       Vector::udp,
       {{Vector::udp, 500}, {Vector::tcp_established, 300}},
       500},
      {"flows over QUIC bring its initials",
       Vector::quic_initial,
       {{Vector::quic_initial, 500}, {Vector::udp_answered, 300}},
       800},
      {"they bring no others", Vector::udp, {{Vector::udp, 500}, {Vector::udp_answered, 300}}, 500},
      {"streams belong to a flood of ACKs",
       Vector::tcp_ack,
       {{Vector::tcp_ack, 500}, {Vector::tcp_stream, 200}, {Vector::tcp_oneway, 100}},
       800},
      {"streams belong to no flood of datagrams",
       Vector::udp,
       {{Vector::udp, 500}, {Vector::tcp_stream, 200}, {Vector::tcp_oneway, 100}},
       500},
      {"answered datagrams belong to no flood of ACKs",
       Vector::tcp_ack,
       {{Vector::tcp_ack, 500}, {Vector::udp_answered, 300}},
       500},
  };
  for (const Case& one : cases) {
    OngoingIncident ongoing(flood(), UsualRates{}, 64);
    ongoing.note({{one.found, "packets_per_second", 5000, 100, 0.1}}, true);
    ongoing.add(counts_of(one.in), 0.1);
    EXPECT_EQ(ongoing.incident().total.packets, one.packets) << one.why;
  }
}

TEST(OngoingIncident, ConnectionsOfWindowsBeforeCountBeyondWhatIsUsual) {
  UsualRates usual;
  usual.packets[static_cast<std::size_t>(Vector::tcp_established)] = 100;
  OngoingIncident datagrams(flood(), usual, 64);
  datagrams.add_earlier({1000, 100000}, 1, {500, 50000});
  EXPECT_EQ(datagrams.incident().total.packets, 1000u);
  OngoingIncident requests(flood(), usual, 64);
  requests.note({{Vector::http_request, "http_requests_per_second", 5000, 100, 0.1}}, true);
  requests.add_earlier({1000, 100000}, 1, {500, 50000});
  EXPECT_EQ(requests.incident().total.packets, 1400u);
}

}  // namespace
}  // namespace floodgauge
