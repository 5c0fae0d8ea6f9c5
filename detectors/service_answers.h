// Answers of a service that has no vector of its own. Datagrams that nobody asked for and that come
// from one service's port are reflected, whatever the service: they have the limit of reflection.
#pragma once

#include <cstdint>
#include <optional>

#include "detectors/detector.h"
#include "engine/merge/target_summary.h"

namespace floodgauge {

/// The port that unasked datagrams come from, when at least four of five come from one port below
/// the dynamic ones (RFC 6335, section 6), of at least three servers. `udp`: of datagrams from
/// ports that no known service answers from.
std::optional<std::uint16_t> service_port_of(const TargetSummary& udp);

/// Datagrams among Vector::udp that are such answers.
std::uint64_t answers_of_one_port(const TargetView& view);

/// True where nothing that the target sends is visible, and the datagrams are those of a download
/// over HTTP/3: long ones, many of each flow, from the port of HTTPS and from few networks. Such
/// answers cannot be told from questions that were asked, and are left to the limit of all packets.
bool is_quic_download(const TargetView& view);

/// True where nothing that the target sends is visible, and one or two servers answer it: a tunnel,
/// or a download. These are left to the limit of all packets as well.
bool is_one_conversation(const TargetView& view);

}  // namespace floodgauge
