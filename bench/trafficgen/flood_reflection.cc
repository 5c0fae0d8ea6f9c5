#include "bench/trafficgen/flood_reflection.h"

#include <algorithm>
#include <array>

#include "bench/trafficgen/reflection_answers.h"

namespace floodgauge::trafficgen {
namespace {

// Ports from CISA's alert TA14-017A and from later advisories of vendors.
constexpr ReflectedService kServices[] = {
    {Vector::reflection_dns, 53, "answers to ANY with DNSKEY and RRSIG, fragmented", answers::dns},
    {Vector::reflection_ntp, 123, "mode 7 monlist responses", answers::ntp},
    {Vector::reflection_memcached, 11211, "pieces of a large value", answers::memcached},
    {Vector::reflection_ssdp, 1900, "search responses of gateways", answers::ssdp},
    {Vector::reflection_cldap, 389, "rootDSE of domain controllers, fragmented", answers::cldap},
    {Vector::reflection_snmp, 161, "GetBulk responses", answers::snmp},
    {Vector::reflection_chargen, 19, "rotating lines of characters", answers::chargen},
    {Vector::reflection_qotd, 17, "quotes of the day", answers::qotd},
    {Vector::reflection_rip, 520, "RIPv1 responses of 25 routes", answers::rip},
    {Vector::reflection_mdns, 5353, "service enumerations", answers::mdns},
    {Vector::reflection_netbios, 137, "node status responses", answers::netbios},
    {Vector::reflection_portmap, 111, "replies to DUMP", answers::portmap},
    {Vector::reflection_tftp, 69, "first blocks of files", answers::tftp},
    {Vector::reflection_wsd, 3702, "ProbeMatches of cameras", answers::wsd},
    {Vector::reflection_coap, 5683, "lists of resources", answers::coap},
    {Vector::reflection_ard, 3283, "1006 bytes of Apple Remote Desktop", answers::ard},
    {Vector::reflection_jenkins, 33848, "Jenkins' discovery", answers::jenkins},
    {Vector::reflection_openvpn, 1194, "hard resets of servers", answers::openvpn},
    {Vector::reflection_stun, 3478, "binding responses", answers::stun},
    {Vector::reflection_sip, 5060, "200 OK to OPTIONS", answers::sip},
    {Vector::reflection_quake, 27960, "statusResponse of Quake III servers", answers::quake},
    {Vector::reflection_steam, 27015, "A2S_INFO responses", answers::steam},
    {Vector::reflection_ubiquiti, 10001, "Ubiquiti's discovery, version 1", answers::ubiquiti},
    {Vector::reflection_dhcpdiscover, 37810, "device information of DVRs", answers::dhcpdiscover},
    {Vector::reflection_plex, 32414, "media servers' discovery", answers::plex},
    {Vector::reflection_ipmi, 623, "authentication capabilities", answers::ipmi},
    {Vector::reflection_bittorrent, 6881, "answers of DHT nodes", answers::bittorrent},
    {Vector::reflection_citrix, 1604, "lists of published applications", answers::citrix},
    {Vector::reflection_l2tp, 1701, "Start-Control-Connection-Replies", answers::l2tp},
    {Vector::reflection_isakmp, 500, "main mode responses", answers::isakmp},
    {Vector::reflection_bacnet, 47808, "ReadProperty acknowledgements", answers::bacnet},
    {Vector::reflection_slp, 427, "lists of registered types", answers::slp},
    {Vector::reflection_tp240, 10074, "counters of the test facility", answers::tp240},
    {Vector::reflection_sadp, 37020, "ProbeMatch of cameras", answers::sadp},
    {Vector::reflection_dtls, 443, "first flights of servers", answers::dtls},
    {Vector::reflection_quic, 443, "first flights of servers", answers::quic},
    {Vector::reflection_mssql, 1434, "lists of instances", answers::mssql},
    {Vector::reflection_xdmcp, 177, "Willing", answers::xdmcp},
    {Vector::reflection_sentinel, 5093, "noise", answers::unknown},
    {Vector::reflection_natpmp, 5351, "external addresses", answers::natpmp},
    {Vector::reflection_rdp, 3389, "noise", answers::unknown},
    {Vector::reflection_powerhouse, 20811, "noise", answers::unknown},
    {Vector::reflection_wdbrpc, 17185, "replies", answers::portmap},
    {Vector::reflection_db2, 523, "discovery", answers::db2},
    {Vector::reflection_crestron, 41794, "discovery", answers::crestron},
    {Vector::reflection_digi, 2362, "discovery", answers::digi},
    {Vector::reflection_lantronix, 30718, "discovery", answers::lantronix},
    {Vector::reflection_afs, 7001, "versions", answers::afs},
    {Vector::reflection_raknet, 19132, "unconnected pongs", answers::raknet},
    {Vector::reflection_echo, 7, "noise", answers::unknown},
    {Vector::reflection_daytime, 13, "the time", answers::daytime},
    {Vector::reflection_tcp, 80, "block pages of middleboxes, over TCP", answers::middlebox},
};

/// Number of answers that are built in advance. A reflector repeats its answer, and to build every
/// answer would be the slowest part of the generator.
constexpr std::size_t kVariants = 64;

std::vector<Bytes> make_answers(const ReflectedService& service, Rng& rng) {
  std::vector<Bytes> variants(kVariants);
  for (Bytes& variant : variants) service.answer(variant, rng);
  return variants;
}

ReflectedService service_of(const FloodSpec& spec) {
  const auto row = std::find_if(std::begin(kServices), std::end(kServices),
                                [&](const auto& each) { return each.vector == spec.vector; });
  if (row != std::end(kServices)) return *row;
  return {spec.vector, spec.reflection_port, "", answers::unknown};
}

/// Fills the frame with the fragment at `offset` of a long datagram. Returns the fragment's length.
std::size_t build_datagram_part(Flood& flood, const Endpoint& from, const Endpoint& to,
                                std::uint32_t id, std::size_t offset, const Bytes& payload) {
  const bool v6 = flood.spec().target.v6;
  Bytes& datagram = flood.world().scratch;
  datagram.clear();
  datagram.append(udp_header(from, to, payload.view())).append(payload.view());
  const std::size_t size = std::min(fragment_room(v6), datagram.size() - offset);
  const Fragment fragment{id, offset, offset + size < datagram.size()};
  build_fragment(flood.world().frame, from, to, static_cast<std::uint8_t>(Protocol::udp), fragment,
                 datagram.view().subspan(offset, size));
  return size;
}

void build_block_page(Flood& flood, const Endpoint& from, const Endpoint& to,
                      const Bytes& payload) {
  const TcpHeader tcp{
      flood.rng().u32(), flood.rng().u32(), tcp_flag::psh | tcp_flag::ack, 8192, {}};
  build_tcp(flood.world().frame, from, to, flood.rng().u16(), tcp, payload.view());
}

}  // namespace

std::span<const ReflectedService> reflected_services() {
  return kServices;
}

Process run_reflection(Flood& flood) {
  Rng& rng = flood.rng();
  const ReflectedService service = service_of(flood.spec());
  const std::vector<Bytes> variants = make_answers(service, rng);
  const bool v6 = flood.spec().target.v6;
  std::uint64_t source = 0;
  Endpoint from;
  Endpoint to;
  std::uint32_t id = 0;
  std::size_t left = 0;    // bytes of the current datagram that are not sent yet
  std::size_t offset = 0;  // of the next fragment
  for (std::uint64_t index = 0;; ++index) {
    const auto time = flood.schedule().at(index, rng.unit());
    if (!time) co_return;
    co_await flood.world().simulation.until(*time);
    if (left == 0) {
      source = flood.sources().draw(rng);
      from = flood.sources().endpoint(source, service.port);
      to = flood.target();
      id = rng.u32();
      offset = 0;
    }
    const Bytes& payload = variants[source % kVariants];
    if (service.vector == Vector::reflection_tcp) {
      build_block_page(flood, from, to, payload);
    } else if (payload.size() <= udp_room(v6)) {
      build_udp(flood.world().frame, from, to, static_cast<std::uint16_t>(id), payload.view());
    } else {
      const std::size_t size = build_datagram_part(flood, from, to, id, offset, payload);
      offset += size;
      left = payload.size() + 8 - offset;
      flood.attack(source, true);
      continue;
    }
    flood.attack(source);
  }
}

}  // namespace floodgauge::trafficgen
