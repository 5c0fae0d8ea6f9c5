// A snapshot of a large network: 10,000 protected prefixes with ordinary traffic, and 100 open
// incidents. The benchmark of the scrape measures its time, and a test counts its series and bytes.
#pragma once

#include <memory>
#include <string>

#include "config/settings.h"
#include "engine/model/snapshot.h"

namespace floodgauge::large_network {

inline constexpr std::uint32_t kPrefixes = 10'000;
inline constexpr std::uint32_t kIncidents = 100;
/// Number of classes that an ordinary prefix has traffic of: TCP, its SYN and RST, UDP in both
/// directions, DNS and ICMP.
inline constexpr std::size_t kClassesSeen = 7;
/// Number of services in a prefix with servers. One prefix in four has servers, most of them for
/// DNS, web and mail.
inline constexpr std::size_t kServicesSeen = 4;
inline constexpr std::uint32_t kPrefixesPerServer = 4;

inline ServiceSnapshot busy_service(std::size_t number) {
  ServiceSnapshot service;
  service.service = default_services()[number].name;
  service.answer_ratio = 0.9875;
  service.requests = 1'000'000;
  service.answers = 987'500;
  service.response_seconds.counts.fill(75'961);
  service.response_seconds.sum = 12345.678;
  return service;
}

inline PrefixSnapshot busy_prefix(std::uint32_t number) {
  PrefixSnapshot prefix;
  prefix.prefix = IpPrefix::around(IpAddress::from_v4(0x0a000000u + (number << 8)), 24);
  prefix.name = "customer-" + std::to_string(number);
  for (std::size_t i = 0; i < kClassesSeen; ++i) {
    prefix.in[i] = {123'456'789ull + number, 98'765'432'100ull + number};
    prefix.out[i] = prefix.in[i];
  }
  prefix.sources_estimate = number;
  prefix.hosts_active = number % 256;
  prefix.new_flows_per_second = 1234.5;
  prefix.syn_per_second = 120.5;
  prefix.handshakes_done_ratio = 0.987;
  if (number % kPrefixesPerServer != 0) return prefix;
  for (std::size_t i = 0; i < kServicesSeen; ++i) prefix.services.push_back(busy_service(i));
  return prefix;
}

/// `prefixes`: number of prefixes, at least kIncidents; fewer than kPrefixes show how the cost
/// grows.
inline EngineSnapshot snapshot(std::uint32_t prefixes = kPrefixes) {
  EngineSnapshot snapshot;
  for (std::uint32_t i = 0; i < prefixes; ++i) snapshot.prefixes.push_back(busy_prefix(i));
  for (std::uint32_t i = 0; i < kIncidents; ++i) {
    Incident incident;
    incident.id = std::to_string(i);
    incident.prefix = snapshot.prefixes[i].prefix;
    incident.target = IpPrefix::host(incident.prefix.address);
    incident.vectors = {{"tcp_syn", 0.6, 74'074.5, 5.92e9},
                        {"udp", 0.3, 37'037.5, 2.96e9},
                        {"icmp", 0.1, 12'345.5, 0.99e9}};
    incident.current_pps = 123'456.7;
    incident.current_bps = 9.87e9;
    snapshot.incidents.push_back(std::make_shared<const Incident>(incident));
  }
  snapshot.workers.resize(8);
  return snapshot;
}

}  // namespace floodgauge::large_network
