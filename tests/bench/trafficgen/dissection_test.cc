// The payloads follow their protocols: tshark, which is independent of the generator, dissects each
// as the protocol that it should be.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "bench/trafficgen/benign.h"
#include "tests/bench/trafficgen/capture_reader.h"

namespace floodgauge::trafficgen {
namespace {

struct Dissection {
  Vector vector;
  const char* protocol;  ///< the protocol that tshark must report
  /// Share of packets of this protocol. The others are handshakes, later fragments, or have by
  /// chance a port that tshark assigns to another protocol.
  double least = 0.95;
  bool malformed = false;  ///< tshark expects a NUL that the protocol does not have
};

// Protocols that tshark 4.0 dissects on these ports. Without the call it cannot dissect a portmap
// reply, and reports RPC.
constexpr Dissection kDissections[] = {
    {Vector::tcp_syn, "tcp"},
    {Vector::tcp_connection, "tcp"},
    {Vector::icmp, "icmp"},
    {Vector::icmpv6, "icmpv6"},
    {Vector::gre, "gre:ip:udp"},
    {Vector::esp, "esp"},
    {Vector::dns_query, "dns"},
    {Vector::dns_random_subdomain, "dns"},
    {Vector::quic_initial, "quic"},
    {Vector::http_request, "http", 0.3},
    {Vector::tls_hello, "tls", 0.15},
    {Vector::reflection_dns, "dns", 0.25},
    {Vector::reflection_ntp, "ntp"},
    {Vector::reflection_memcached, "memcache"},
    {Vector::reflection_ssdp, "ssdp"},
    {Vector::reflection_cldap, "cldap", 0.25},
    {Vector::reflection_snmp, "snmp"},
    {Vector::reflection_chargen, "chargen"},
    {Vector::reflection_rip, "rip"},
    {Vector::reflection_mdns, "mdns"},
    {Vector::reflection_netbios, "nbns"},
    {Vector::reflection_portmap, "rpc"},
    {Vector::reflection_tftp, "tftp"},
    {Vector::reflection_coap, "coap"},
    {Vector::reflection_openvpn, "openvpn"},
    {Vector::reflection_stun, "stun"},
    {Vector::reflection_sip, "sip"},
    {Vector::reflection_quake, "quake3", 0.95, true},
    {Vector::reflection_ipmi, "ipmi_session"},
    {Vector::reflection_bittorrent, "bt-dht"},
    {Vector::reflection_l2tp, "l2tp"},
    {Vector::reflection_isakmp, "isakmp"},
    {Vector::reflection_bacnet, "bacapp"},
    {Vector::reflection_tcp, "http"},
};

std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  std::array<char, 4096> part;
  while (pipe && std::fgets(part.data(), part.size(), pipe.get()) != nullptr) output += part.data();
  return output;
}

bool has_tshark() {
  return !output_of("command -v tshark").empty();
}

/// The requested fields, one row per packet, split at tabs.
std::vector<std::vector<std::string>> dissect(const std::string& path, const std::string& fields) {
  // Segments and fragments are not reassembled.
  std::istringstream lines(output_of("tshark -r " + path +
                                     " -o ip.defragment:FALSE -o tcp.desegment_tcp_streams:FALSE"
                                     " -o http.desegment_body:FALSE --enable-heuristic rtp_udp"
                                     " --enable-heuristic bt_utp_udp -T fields " +
                                     fields + " 2>/dev/null"));
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> row;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
    rows.push_back(std::move(row));
  }
  return rows;
}

bool names(const std::string& protocols, const std::string& protocol) {
  return (":" + protocols + ":").find(":" + protocol + ":") != std::string::npos;
}

TEST(Floods, AreDissectedByTsharkAsTheirProtocol) {
  if (!has_tshark()) GTEST_SKIP() << "tshark is not installed";
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.duration = milliseconds(300);
  std::map<std::string, Dissection> by_target;
  for (const Dissection& row : kDissections) {
    const bool v6 = row.vector == Vector::icmpv6;
    const std::string target =
        v6 ? "2001:db8:1::1" : "198.51.100." + std::to_string(by_target.size() + 1);
    by_target[target] = row;
    request.floods.push_back(
        parse_flood(std::string(info(row.vector).name) + ":rate=200pps,target=" + target));
  }
  generate(request);
  std::map<std::string, int> packets;
  std::map<std::string, int> right;
  for (const auto& row :
       dissect(request.out, "-e frame.protocols -e ip.dst -e ipv6.dst -e _ws.malformed")) {
    ASSERT_GE(row.size(), 2u);
    const std::string& address = row[1].empty() ? row.at(2) : row[1];
    const std::string outermost = address.substr(0, address.find(','));
    const auto wanted = by_target.find(outermost);
    if (wanted == by_target.end()) continue;  // an answer
    ++packets[outermost];
    if (!names(row[0], wanted->second.protocol)) continue;
    ++right[outermost];
    EXPECT_EQ(row.size() > 3, wanted->second.malformed) << row[0];
  }
  for (const auto& [target, row] : by_target) {
    EXPECT_GE(packets[target], 50) << info(row.vector).name;
    EXPECT_GE(right[target], row.least * packets[target]) << info(row.vector).name;
  }
}

TEST(Mixes, AreDissectedByTsharkAsTheirProtocols) {
  if (!has_tshark()) GTEST_SKIP() << "tshark is not installed";
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  for (const Mix& mix : mixes()) request.benign.push_back({std::string(mix.name), 400});
  request.benign.push_back({"voip", 4000});  // enough calls, so that some begin within the capture
  generate(request);
  std::set<std::string> seen;
  for (const auto& row : dissect(request.out, "-e frame.protocols")) {
    std::istringstream protocols(row.at(0));
    for (std::string protocol; std::getline(protocols, protocol, ':');) seen.insert(protocol);
  }
  for (const char* protocol :
       {"dns", "http", "tls", "smtp", "ntp", "icmp", "icmpv6", "esp", "wg", "openvpn", "quic",
        "bt-dht", "bt-utp", "rtp", "sip", "sdp", "vxlan", "cflow", "syslog"}) {
    EXPECT_TRUE(seen.contains(protocol)) << protocol;
  }
}

}  // namespace
}  // namespace floodgauge::trafficgen
