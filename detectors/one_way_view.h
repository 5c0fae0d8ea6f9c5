// Ordinary traffic where nothing that the target sends is visible: a mirror of one direction, or
// answers that leave by another link. Nothing there is ever answered, so what tells a flood from
// use is how flows behave. Connections begin, go on and end, and conversations over UDP are many
// packets of the same few flows, while a flood makes a flow of each packet or holds on to the same
// ones for ever (Lakhina, Crovella and Diot, "Mining Anomalies Using Traffic Feature
// Distributions", SIGCOMM 2005, table 1, on how floods move the spread of addresses and ports).
#pragma once

#include "detectors/detector.h"

namespace floodgauge {

/// Whether nothing that the target sent is among the counts.
bool is_unseen(const TargetCounts& counts);

/// Packets of connections in use, one side of which is visible: more go on than begin, and as many
/// begin as are renewed within seconds. Of such a target, what is in the middle of a connection and
/// what follows a handshake is no flood.
bool has_turnover(const TargetView& view);

/// Many conversations over UDP with small datagrams of various lengths at a person's pace: players
/// of a game, callers.
bool is_conversing(const TargetView& view);

/// SYN-ACKs beyond those whose connections go on.
double synacks_without_connection(const TargetView& view);

/// Large segments from services' own ports: what the target downloads.
bool is_download(const TargetView& view);

/// Segments of connections of which some are seen to begin and to end, of various lengths: what a
/// sample shows of a server's clients.
bool is_sampled_use(const TargetView& view);

/// Whether the sources lie close together in a few networks, as those do that answer a scan of
/// their networks; the sources of a flood, forged or not, are strewn over many.
bool from_few_networks(const TargetSummary& summary);

}  // namespace floodgauge
