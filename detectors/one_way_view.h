// Ordinary traffic where nothing that the target sends is visible: a mirror of one direction, or
// answers that leave by another link. No packet there is seen to be answered, so that only the
// behaviour of flows tells a flood from use. Connections begin, go on and end, and conversations
// over UDP are many packets of the same few flows. A flood makes a flow of each packet, or keeps
// the same flows for ever (Lakhina, Crovella and Diot, "Mining Anomalies Using Traffic Feature
// Distributions", SIGCOMM 2005, table 1, on how floods change the spread of addresses and ports).
#pragma once

#include "detectors/detector.h"

namespace floodgauge {

/// True when nothing that the target sent is among the counts, except for a few strays.
bool is_unseen(const TargetCounts& counts);

/// True when the packets belong to connections in use of which one side is visible: there are more
/// packets within connections than begins, and enough begins to replace all active connections
/// within kConnectionSeconds. Packets within a connection or after a handshake are then no flood.
bool has_turnover(const TargetView& view);

/// True of many conversations over UDP with small datagrams of various lengths, at the rate of a
/// person's client: players of a game, callers.
bool is_conversing(const TargetView& view);

/// The number of SYN-ACKs, without those whose connections go on.
double synacks_without_connection(const TargetView& view);

/// True of large segments from services' own ports: the target downloads.
bool is_download(const TargetView& view);

/// True of segments of various lengths, of connections some of which are seen to begin and to end:
/// this is what a sample of all packets shows of a server's clients.
bool is_sampled_use(const TargetView& view);

/// True when the sources lie close together in a few networks, like hosts that answer a scan of
/// their networks. The sources of a flood, forged or not, are spread over many networks.
bool from_few_networks(const TargetSummary& summary);

}  // namespace floodgauge
