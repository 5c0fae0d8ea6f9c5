// The answers of abused services, byte for byte as their protocols define them. Each function
// appends one UDP payload. The sizes are in the ranges that are seen in floods.
#pragma once

#include "bench/trafficgen/bytes.h"

namespace floodgauge::trafficgen::answers {

// reflection_infrastructure.cc: names, time, management, routing
void dns(Bytes& bytes, Rng& rng);
void ntp(Bytes& bytes, Rng& rng);
void snmp(Bytes& bytes, Rng& rng);
void cldap(Bytes& bytes, Rng& rng);
void rip(Bytes& bytes, Rng& rng);
void mdns(Bytes& bytes, Rng& rng);
void netbios(Bytes& bytes, Rng& rng);
void portmap(Bytes& bytes, Rng& rng);
void tftp(Bytes& bytes, Rng& rng);

// reflection_tunnels.cc: VPNs and calls
void isakmp(Bytes& bytes, Rng& rng);
void l2tp(Bytes& bytes, Rng& rng);
void openvpn(Bytes& bytes, Rng& rng);
void stun(Bytes& bytes, Rng& rng);
void sip(Bytes& bytes, Rng& rng);

// reflection_devices.cc: cameras, gateways, controllers
void ssdp(Bytes& bytes, Rng& rng);
void wsd(Bytes& bytes, Rng& rng);
void coap(Bytes& bytes, Rng& rng);
void ard(Bytes& bytes, Rng& rng);
void ubiquiti(Bytes& bytes, Rng& rng);
void dhcpdiscover(Bytes& bytes, Rng& rng);
void ipmi(Bytes& bytes, Rng& rng);
void bacnet(Bytes& bytes, Rng& rng);

// reflection_applications.cc: caches, games, media
void memcached(Bytes& bytes, Rng& rng);
void chargen(Bytes& bytes, Rng& rng);
void qotd(Bytes& bytes, Rng& rng);
void jenkins(Bytes& bytes, Rng& rng);
void quake(Bytes& bytes, Rng& rng);
void steam(Bytes& bytes, Rng& rng);
void plex(Bytes& bytes, Rng& rng);
void bittorrent(Bytes& bytes, Rng& rng);
void citrix(Bytes& bytes, Rng& rng);
void middlebox(Bytes& bytes, Rng& rng);  ///< a TCP payload: a censor's block page
void unknown(Bytes& bytes, Rng& rng);

// reflection_modern.cc: named by advisories since 2020
void slp(Bytes& bytes, Rng& rng);
void tp240(Bytes& bytes, Rng& rng);
void sadp(Bytes& bytes, Rng& rng);
void dtls(Bytes& bytes, Rng& rng);
void quic(Bytes& bytes, Rng& rng);
void mssql(Bytes& bytes, Rng& rng);
void xdmcp(Bytes& bytes, Rng& rng);
void natpmp(Bytes& bytes, Rng& rng);
void db2(Bytes& bytes, Rng& rng);
void crestron(Bytes& bytes, Rng& rng);
void digi(Bytes& bytes, Rng& rng);
void lantronix(Bytes& bytes, Rng& rng);
void afs(Bytes& bytes, Rng& rng);
void raknet(Bytes& bytes, Rng& rng);
void daytime(Bytes& bytes, Rng& rng);

}  // namespace floodgauge::trafficgen::answers
