#include "engine/count/protocol_counts.h"

#include "engine/base/ip_protocol.h"

namespace floodgauge {
namespace {

/// Returns whether the packet has a transport header of a protocol that is counted.
bool count_transport(ParseCounts& counts, const PacketFacts& facts) {
  if ((facts.flags & kFactLaterFragment) != 0) return false;
  switch (facts.protocol) {
    case kProtocolTcp:
      ++counts.tcp;
      return true;
    case kProtocolUdp:
      ++counts.udp;
      return true;
    case kProtocolIcmp:
      ++counts.icmp;
      return true;
    case kProtocolIcmpV6:
      ++counts.icmpv6;
      return true;
    case kProtocolSctp:
      ++counts.sctp;
      return true;
    default:
      return false;
  }
}

}  // namespace

void count_protocols(ParseCounts& counts, UnopenedCounts& unopened, const FrameView& frame,
                     const PacketFacts& facts) {
  if ((facts.flags & (kFactIpv4 | kFactIpv6)) == 0) {
    ++counts.non_ip;
  } else {
    ((facts.flags & kFactIpv4) != 0 ? counts.ipv4 : counts.ipv6) += 1;
  }
  counts.fragments += (facts.flags & kFactFragment) != 0;
  counts.tunnelled += (facts.flags & kFactTunnelled) != 0;
  if (facts.more_packets != 0) {
    ++counts.superframes;
    counts.superframe_packets += 1u + facts.more_packets;
  }
  if (facts.fault != Fault::none) ++counts.malformed[static_cast<std::size_t>(facts.fault)];
  if (facts.stop != StopLayer::none || facts.inner_kind != InnerKind::none) {
    const Stop stop = stop_of(frame, facts);
    if (stop.layer != StopLayer::none) unopened.add(stop);
  }
  if (count_transport(counts, facts) || facts.inner_kind == InnerKind::none) return;
  PacketFacts deeper = facts;
  while (parse_inner(frame, deeper) && !count_transport(counts, deeper)) {
  }
}

}  // namespace floodgauge
