// Spoofed sources: whether the source addresses of a flood are those of its senders. An attacker
// can forge each address, but the forged addresses do not lie where people's addresses lie, and the
// packets do not come from as far away as each address is:
//   - Entropy of the source addresses (Feinstein, Schnackenberg, Balupari and Kindred, "Statistical
//     Approaches to DDoS Attack Detection and Response", DISCEX 2003; Lakhina, Crovella and Diot,
//     SIGCOMM 2005): addresses drawn at random are spread evenly over all networks, and each comes
//     once. Real hosts cluster in the ranges that the registries gave to access networks.
//   - Addresses that no host on the internet has (RFC 6890; RFC 3704, section 2, on why packets
//     from them should not arrive, and do).
//   - Hops (Jin, Wang and Shin, "Hop-Count Filtering", CCS 2003): hosts of many networks are at
//   many
//     distances and begin with the TTLs of their systems. Packets forged by one machine have one
//     TTL.
#pragma once

#include "detectors/detector.h"
#include "engine/merge/target_summary.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// What is measured of the distinct sources of a target.
struct SourceEvidence {
  std::uint64_t known = 0;  ///< sources that are remembered and were looked at
  double packets_each = 0;  ///< mean packets of a source
  double networks = 0;      ///< effective number of leading octets
  double within = 0;        ///< evenness of the last octet, 0..1
  double impossible = 0;    ///< share in 0.0.0.0/8, 127.0.0.0/8 or from 224.0.0.0 on, 0..1
  std::uint64_t wide = 0;   ///< number of IPv4 /16 and IPv6 /32 networks, counted up to 64
  double distances = 0;     ///< effective number of TTLs of the packets
};
SourceEvidence evidence_of(const TargetSummary& summary);

/// False of vectors whose source addresses are those of the senders: reflectors answer from their
/// own address, and only the host that has the address can complete a handshake.
bool may_be_spoofed(Vector vector);

/// Describes the sources for people, given the evidence of check_spoofed_sources(): "spoofed: …" or
/// "one source"; empty when nothing can be said.
std::string shape_of(const TargetSummary& summary, const Findings& evidence);

}  // namespace floodgauge
