// Long transfers in one direction at a steady rate: downloads, uploads, video.
#pragma once

#include "bench/trafficgen/tcp_conversation.h"

namespace floodgauge::trafficgen {

struct BulkTransfer {
  Endpoint client;
  Endpoint server;
  bool upload = false;  ///< the client sends, as in a backup
  double pps = 0;       ///< data and acknowledgements together
  std::uint64_t seed = 0;
};

/// A TLS connection over TCP that lasts until the end of the capture: full segments in one
/// direction, and an acknowledgement of every second segment in the other, one round trip later.
Process stream_tcp(World& world, Tally& tally, BulkTransfer transfer);

/// The same over QUIC.
Process stream_quic(World& world, Tally& tally, BulkTransfer transfer);

}  // namespace floodgauge::trafficgen
