// The workers' samples of a window, merged into the sample of the whole network.
#pragma once

#include <vector>

#include "engine/count/packet_sample.h"

namespace floodgauge {

class NetworkSample {
 public:
  void clear();
  /// Adds what one worker has kept.
  void add(const PacketSample& part);
  /// Brings the sample down to the room of one worker's, and writes the packets' levels. The result
  /// is the one that a single worker would have. After the last add().
  void finish();

  /// In no order that means anything.
  const std::vector<SampledPacket>& packets() const { return packets_; }
  /// Of some of these that are DNS queries, ordered by destination.
  const std::vector<SampledName>& names() const { return names_; }

 private:
  std::vector<SampledPacket> packets_;
  std::vector<SampledName> names_;
  SampleLevel attack_;
  SampleLevel ordinary_;
  SampleLevel named_;
};

}  // namespace floodgauge
