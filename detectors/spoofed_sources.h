// Spoofed sources: whether the addresses that a flood shows are those of its senders. An attacker
// can forge each address but neither make them lie where people's addresses lie, nor make packets
// come from as far away as each address is:
//   - Entropy of the source addresses (Feinstein, Schnackenberg, Balupari and Kindred, "Statistical
//     Approaches to DDoS Attack Detection and Response", DISCEX 2003; Lakhina, Crovella and Diot,
//     SIGCOMM 2005): addresses drawn at random are spread evenly over all networks and come once.
//     Real hosts cluster in what the registries gave to access networks.
//   - Addresses that no host on the internet has (RFC 6890; RFC 3704, section 2, on why packets
//     from them should not, and do, arrive).
//   - Hops (Jin, Wang and Shin, "Hop-Count Filtering", CCS 2003): hosts of many networks are at
//     many distances and begin with the TTL of their systems; what one machine forges has one TTL.
#pragma once

#include "detectors/detector.h"
#include "engine/merge/target_summary.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// What the judgement rests on, of distinct sources.
struct SourceEvidence {
  std::uint64_t known = 0;  ///< sources looked at, of all that there were
  double packets_each = 0;  ///< packets a source
  double networks = 0;      ///< leading octets over which they spread, in effect
  double within = 0;        ///< evenness of the last octet, 0..1
  double impossible = 0;    ///< share that lies in 0.0.0.0/8, 127.0.0.0/8 or above 224.0.0.0
  std::uint64_t wide = 0;   ///< IPv4 /16 and IPv6 /32 networks
  double distances = 0;     ///< TTLs over which the packets spread, in effect
};
SourceEvidence evidence_of(const TargetSummary& summary);

/// False of vectors whose senders are known to be there: reflectors answer, and a handshake is
/// completed by whom the address belongs to.
bool may_be_spoofed(Vector vector);

/// How the sources look, for people, given what check_spoofed_sources() says of them: "spoofed: …",
/// "one source", empty when nothing can be said.
std::string shape_of(const TargetSummary& summary, const Findings& evidence);

}  // namespace floodgauge
