// The link types that the fuzz targets draw from: every one that the parser opens, and one that it
// does not. The order is part of the corpus.
#pragma once

#include <array>

#include "engine/parse/link_type.h"

namespace floodgauge {

inline constexpr std::array kFuzzedLinkTypes = {
    LinkType::ethernet,
    LinkType::raw_ip,
    LinkType::linux_sll,
    LinkType::linux_sll2,
    LinkType::null_loopback,
    LinkType::ppp,
    LinkType::chdlc,
    LinkType::ieee80211,
    LinkType::ieee80211_radiotap,
    LinkType::frame_relay,
    LinkType::other,
    LinkType::token_ring,
    LinkType::arcnet_bsd,
    LinkType::fddi,
    LinkType::ppp_ether,
    LinkType::atm_rfc1483,
    LinkType::atm_clip,
    LinkType::ipsec_enc,
    LinkType::pflog,
    LinkType::prism,
    LinkType::ip_over_fibre_channel,
    LinkType::sun_atm,
    LinkType::arcnet_linux,
    LinkType::ip_over_firewire,
    LinkType::docsis,
    LinkType::user2,
    LinkType::ieee80211_avs,
    LinkType::ppp_pppd,
    LinkType::juniper_ether,
    LinkType::juniper_ppp,
    LinkType::juniper_frame_relay,
    LinkType::juniper_chdlc,
    LinkType::ppi,
    LinkType::erf,
    LinkType::ppp_with_direction,
    LinkType::chdlc_with_direction,
    LinkType::frame_relay_with_direction,
    LinkType::mpls,
    LinkType::ipnet,
    LinkType::nflog,
    LinkType::netanalyzer,
    LinkType::netanalyzer_transparent,
    LinkType::ip_over_infiniband,
    LinkType::pktap,
    LinkType::epon,
    LinkType::ethernet_mpacket,
    LinkType::dsa_broadcom,
    LinkType::dsa_broadcom_prepended,
    LinkType::dsa_marvell,
    LinkType::dsa_marvell_ethertype,
};

}  // namespace floodgauge
