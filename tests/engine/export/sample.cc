#include "tests/engine/export/sample.h"

namespace floodgauge::sample {

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

IpPrefix prefix(const char* text) {
  return IpPrefix::parse(text).value();
}

Incident syn_flood() {
  Incident incident;
  incident.id = "20261121T181207-198.51.100.43-flood";
  incident.number = 1;
  incident.open = false;
  incident.severity = Severity::high;
  incident.target = prefix("198.51.100.43/32");
  incident.prefix = prefix("198.51.100.0/24");
  incident.name = "web";
  incident.vectors = {{"tcp_syn", 0.99123456}, {"udp", 0.00876544}};
  incident.start = kEvening + milliseconds(727'300);
  incident.detected = incident.start + milliseconds(100);
  incident.end = kEvening + milliseconds(1'181'000);
  incident.peak_pps = 411'800;
  incident.peak_bps = 210'841'600;
  incident.total = {98'200'000, 6'284'800'000};
  incident.sources_estimate = 1'900'000;
  incident.top_sources = {{"203.0.113.5", 120, 0.0000012}};
  incident.top_source_ports = {{"1024", 1500, 0.0000153}};
  incident.top_destination_ports = {{"443", 98'000'000, 0.998}};
  incident.evidence = {{"tcp_syn_packets_per_second", 41'200, 5'000, 0.1},
                       {"bits_per_second", 2.1e8, 1e8, 0.1},
                       {"handshakes_completed_ratio", 0.02, 0.2, 0.1}};
  incident.effect = Effect{0.99, 0.02, 0.012, std::nullopt};
  const std::string rule =
      "match destination 198.51.100.43/32; protocol =6; tcp-flags =syn; destination-port =443; "
      "then discard";
  incident.mitigation =
      Mitigation{.flowspec = rule,
                 .blackhole = "route 198.51.100.43/32 next-hop self community [65535:666]",
                 .rules = {{.flowspec = rule,
                            .flood_share = 1,
                            .answered_share = 0.087,
                            .answered_flows = 373,
                            .services = {"https"},
                            .sampled_packets = 3600}},
                 .covered_share = 1,
                 .revision = 1,
                 .advice = "Let the servers answer SYNs with cookies (RFC 4987)."};
  incident.shape = "spoofed: spread evenly over all networks";
  incident.rate_history = {0, 100, 400, 800, 800, 200};
  return incident;
}

Incident carpet() {
  Incident incident;
  incident.id = "20261121T183100-198.51.100.0-flood";
  incident.number = 2;
  incident.severity = Severity::critical;
  incident.target = prefix("198.51.100.0/24");
  incident.prefix = incident.target;
  incident.vectors = {{"reflection_dns", 0.81, 720'000, 7e9},
                      {"reflection_ntp", 0.19, 180'000, 5e8}};
  incident.start = kEvening + whole_seconds(1860);
  incident.detected = incident.start + milliseconds(300);
  incident.peak_pps = 1'210'000;
  incident.peak_bps = 9.87e9;
  incident.total = {3'000'000, 4'000'000'000};
  incident.current_pps = 900'000;
  incident.current_bps = 7.5e9;
  incident.sources_estimate = 8'211;
  incident.evidence = {{"bits_per_second", 2.5e9, 1e9, 0.1}};
  incident.hosts = 254;
  return incident;
}

EngineSnapshot quiet() {
  EngineSnapshot snapshot;
  snapshot.started = kEvening;
  snapshot.now = kEvening + whole_seconds(2530);
  snapshot.windows = 25'300;
  snapshot.total = {12'408'113, 8'210'000'000};
  snapshot.parse.ipv4 = 12'000'000;
  snapshot.parse.ipv6 = 408'000;
  snapshot.parse.tcp = 12'000'000;
  snapshot.protected_addresses_seen = 211;
  snapshot.busiest = "198.51.100.7 at 1.2 kpps, limit 50 kpps";
  PrefixSnapshot web;
  web.prefix = prefix("198.51.100.0/24");
  web.name = "web";
  web.total_in = {7'000'000, 5'000'000'000};
  web.total_out = {5'000'000, 3'000'000'000};
  web.in[static_cast<std::size_t>(TrafficClass::tcp)] = {7'000'000, 5'000'000'000};
  web.out[static_cast<std::size_t>(TrafficClass::tcp)] = {5'000'000, 3'000'000'000};
  web.sources_total = 5'120;
  web.peak_pps_in = 1'234.5678;
  snapshot.prefixes = {web};
  snapshot.health = {.healthy = true, .ready = true, .reason = ""};
  return snapshot;
}

EngineSnapshot link() {
  EngineSnapshot snapshot = quiet();
  snapshot.busiest.clear();
  snapshot.parse.non_ip = 113;
  snapshot.parse.malformed[static_cast<std::size_t>(Fault::ipv4_header_length)] = 9;
  snapshot.parse.malformed[static_cast<std::size_t>(Fault::tcp_offset)] = 3;
  snapshot.unopened = {{0, 120000, 12, 0, 1},
                       {{{StopLayer::link, 147}, 120000},
                        {{StopLayer::ethertype, 0x0806}, 12},
                        {{StopLayer::tunnel, 4789}, 1}},
                       0};
  PrefixSnapshot& web = snapshot.prefixes.front();
  web.in[static_cast<std::size_t>(TrafficClass::tcp_syn)] = {98'200'000, 6'284'800'000};
  web.pps_in = 612'000;
  web.bps_in = 3.9e9;
  web.pps_out = 188'000;
  web.bps_out = 1.1e9;
  web.new_flows_per_second = 44'100;
  web.syn_per_second = 41'200;
  web.handshakes_done_ratio = 0.02;
  web.sources_estimate = 1'900'000;
  web.hosts_active = 254;
  ServiceSnapshot https;
  https.service = "https";
  https.requests = 1000;
  https.answers = 20;
  https.answer_ratio = 0.02;
  https.response_seconds.counts[3] = 18;
  https.response_seconds.counts[12] = 2;
  https.response_seconds.sum = 9.5;
  web.services = {https};
  PrefixSnapshot mail;
  mail.prefix = prefix("2001:db8:25::/48");
  mail.name = "mail";
  mail.total_in = {1'000, 64'000};
  mail.pps_in = 41'000;
  mail.bps_in = 3e8;
  mail.pps_out = 39'000;
  mail.new_flows_per_second = 1'100;
  mail.syn_per_second = 402;
  mail.handshakes_done_ratio = 0.99;
  mail.sources_estimate = 8'000;
  snapshot.prefixes.push_back(mail);
  HostSnapshot host;
  host.address = address("198.51.100.43");
  host.pps_in = 411'800;
  host.bps_in = 210'841'600;
  host.syn_per_second = 41'000;
  snapshot.top_hosts = {host};
  snapshot.left_alone = {
      {address("198.51.100.66"), 118'000, 9.4e8, "one TCP connection, handshake completed"}};
  snapshot.incidents = {std::make_shared<const Incident>(carpet()),
                        std::make_shared<const Incident>(syn_flood())};
  snapshot.incidents_total = {{{IncidentKind::flood, "reflection_dns"}, 1},
                              {{IncidentKind::flood, "tcp_syn"}, 1}};
  WorkerSnapshot worker;
  worker.busy_ratio = 0.41;
  worker.cycles_per_packet = 212;
  worker.packets = 12'408'113;
  worker.flow_entries = 88'000;
  worker.flow_evictions = 12;
  worker.shedding = {true, false, false};
  snapshot.workers = {worker};
  PortSnapshot port;
  port.name = "uplink";
  port.queue_packets = {12'000'000, 408'113};
  port.missed = 4;
  port.link_up = true;
  snapshot.ports = {port};
  return snapshot;
}

CaptureInfo capture() {
  CaptureInfo info;
  info.files = {"evening.pcap"};
  info.total = {12'408'113, 8'210'000'000};
  info.first = kEvening + whole_seconds(2);
  info.last = kEvening + whole_seconds(2532);
  return info;
}

EngineInfo engine() {
  return {2, 1.25, 9'926'490.4, 0, 12};
}

}  // namespace floodgauge::sample
