// Opens the SCTP common header (RFC 9260, section 3.1).
#pragma once

#include "engine/parse/tcp.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline void open_sctp(Walk& walk) {
  if (!read_ports(walk, Fault::sctp_short) || !need(walk, 12, Fault::sctp_short)) return;
  walk.at += 12;
  set_payload(walk);
}

}  // namespace floodgauge::parse
