// A long one-way stream at a steady rate: downloads, uploads, video.
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

/// A TCP connection over TLS that goes on until the capture's end: full segments one way, an
/// acknowledgement for every second one the other, a round trip behind.
Process stream_tcp(World& world, Tally& tally, BulkTransfer transfer);

/// The same over QUIC.
Process stream_quic(World& world, Tally& tally, BulkTransfer transfer);

}  // namespace floodgauge::trafficgen
