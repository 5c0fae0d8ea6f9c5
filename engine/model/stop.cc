#include "engine/model/stop.h"

#include <algorithm>
#include <span>

#include "engine/model/link_type_names.h"

namespace floodgauge {
namespace {

// IEEE's registry of EtherTypes, and Linux's numbers below 0x0600 (linux/if_ether.h).
constexpr NumberName kEtherTypes[] = {
    {0x0004, "802.2 LLC"},
    {0x0005, "802.2 SNAP"},
    {0x0800, "IPv4"},
    {0x0806, "ARP"},
    {0x0842, "Wake-on-LAN"},
    {0x22ea, "SRP"},
    {0x22eb, "ERSPAN III"},
    {0x22f0, "AVTP"},
    {0x22f3, "TRILL"},
    {0x22f4, "TRILL IS-IS"},
    {0x6003, "DECnet"},
    {0x6558, "bridged Ethernet"},
    {0x8035, "RARP"},
    {0x809b, "AppleTalk"},
    {0x80f3, "AARP"},
    {0x8100, "VLAN"},
    {0x8137, "IPX"},
    {0x814c, "SNMP"},
    {0x86dd, "IPv6"},
    {0x8808, "flow control"},
    {0x8809, "slow protocols"},
    {0x880b, "PPP"},
    {0x8847, "MPLS"},
    {0x8848, "MPLS multicast"},
    {0x8863, "PPPoE discovery"},
    {0x8864, "PPPoE"},
    {0x886d, "Intel ANS"},
    {0x8870, "jumbo LLC"},
    {0x887b, "HomePlug"},
    {0x888e, "802.1X"},
    {0x8892, "PROFINET"},
    {0x8899, "Realtek"},
    {0x88a2, "ATA over Ethernet"},
    {0x88a4, "EtherCAT"},
    {0x88a8, "service VLAN"},
    {0x88ab, "POWERLINK"},
    {0x88b5, "local experimental 1"},
    {0x88b6, "local experimental 2"},
    {0x88b7, "OUI extended"},
    {0x88b8, "GOOSE"},
    {0x88ba, "sampled values"},
    {0x88be, "ERSPAN"},
    {0x88cc, "LLDP"},
    {0x88cd, "SERCOS III"},
    {0x88dc, "WSMP"},
    {0x88e1, "HomePlug AV"},
    {0x88e3, "MRP"},
    {0x88e5, "MACsec"},
    {0x88e7, "802.1ah"},
    {0x88f5, "MVRP"},
    {0x88f6, "MMRP"},
    {0x88f7, "PTP"},
    {0x88f8, "NC-SI"},
    {0x88fb, "PRP supervision"},
    {0x8902, "CFM"},
    {0x8903, "FabricPath"},
    {0x8906, "FCoE"},
    {0x8909, "Cisco metadata"},
    {0x8914, "FCoE initialisation"},
    {0x8915, "RoCE"},
    {0x8917, "MIS"},
    {0x8926, "VN-Tag"},
    {0x892f, "HSR"},
    {0x893f, "802.1BR"},
    {0x8940, "ECP"},
    {0x894f, "NSH"},
    {0x8988, "Cisco TTag"},
    {0x9000, "loopback test"},
    {0x9100, "old QinQ"},
    {0xd28b, "Arista timestamp"},
    {0xdada, "EDSA"},
    {0xf1c1, "802.1CB"},
};

// IANA's registry of protocol numbers.
constexpr NumberName kProtocols[] = {
    {2, "IGMP"},       {3, "GGP"},        {4, "IPv4"},       {5, "ST"},        {8, "EGP"},
    {9, "IGP"},        {12, "PUP"},       {27, "RDP"},       {29, "ISO-TP4"},  {33, "DCCP"},
    {41, "IPv6"},      {46, "RSVP"},      {47, "GRE"},       {48, "DSR"},      {50, "ESP"},
    {54, "NARP"},      {55, "Min-IPv4"},  {57, "SKIP"},      {61, "any host"}, {88, "EIGRP"},
    {89, "OSPF"},      {94, "IPIP"},      {97, "EtherIP"},   {98, "ENCAP"},    {103, "PIM"},
    {108, "IPComp"},   {112, "VRRP"},     {113, "PGM"},      {115, "L2TPv3"},  {118, "STP"},
    {124, "IS-IS"},    {133, "FC"},       {134, "RSVP-E2E"}, {137, "MPLS"},    {138, "MANET"},
    {141, "WESP"},     {142, "ROHC"},     {143, "Ethernet"}, {144, "AGGFRAG"}, {145, "NSH"},
    {253, "test 253"}, {254, "test 254"},
};

// UDP ports of the tunnels in parse/tunnel.h.
constexpr NumberName kTunnels[] = {
    {1701, "L2TP"},   {2152, "GTP-U"},     {3544, "Teredo"}, {4341, "LISP"},
    {4789, "VXLAN"},  {4790, "VXLAN-GPE"}, {5247, "CAPWAP"}, {6080, "GUE"},
    {6081, "GENEVE"}, {6635, "MPLS"},      {8472, "VXLAN"},  {37008, "TZSP"},
};

std::string name_in(std::span<const NumberName> names, std::uint16_t number) {
  const auto* found = std::lower_bound(
      names.data(), names.data() + names.size(), number,
      [](const NumberName& name, std::uint16_t wanted) { return name.number < wanted; });
  return found != names.data() + names.size() && found->number == number ? found->name : "";
}

constexpr bool is_sorted_by_number(std::span<const NumberName> names) {
  return std::ranges::is_sorted(names, {}, &NumberName::number);
}
static_assert(is_sorted_by_number(kLinkTypeNames) && is_sorted_by_number(kEtherTypes) &&
              is_sorted_by_number(kProtocols) && is_sorted_by_number(kTunnels));

}  // namespace

std::string stop_name(Stop stop) {
  constexpr std::uint16_t kFirstUser = 147;
  switch (stop.layer) {
    case StopLayer::link:
      if (stop.value >= kFirstUser && stop.value < kFirstUser + 16) {
        return "user " + std::to_string(stop.value - kFirstUser);
      }
      return name_in(kLinkTypeNames, stop.value);
    case StopLayer::ethertype:
      return name_in(kEtherTypes, stop.value);
    case StopLayer::protocol:
      return name_in(kProtocols, stop.value);
    case StopLayer::tunnel:
      return name_in(kTunnels, stop.value);
    default:
      return "";
  }
}

}  // namespace floodgauge
