// Packets for the pipeline's benchmarks, generated in memory from a seed. They are the same on
// every machine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/address.h"

namespace floodgauge::bench {

enum class Mix : std::uint8_t {
  ordinary,    ///< established TCP in both directions, 64-byte frames
  half_syn,    ///< half ordinary, half SYNs of random sources to one host
  carpet_syn,  ///< half ordinary, half SYNs of random sources to all hosts
  reflection,  ///< a quarter ordinary, the rest DNS and NTP answers and fragments to one host
  imix,        ///< 64, 570 and 1500 bytes as 7:4:1; TCP, QUIC, DNS, web requests, ICMP; IPv6
  all_new,     ///< every packet a flow never seen before
};
inline constexpr Mix kMixes[] = {Mix::ordinary,   Mix::half_syn, Mix::carpet_syn,
                                 Mix::reflection, Mix::imix,     Mix::all_new};
std::string_view mix_name(Mix mix);

/// Frame sizes of ordinary flows, with the check sequence.
enum class Sizes : std::uint8_t {
  smallest,  ///< 64 bytes each
  imix,      ///< 64, 570 and 1500 bytes as 7:4:1
  largest,   ///< 1500 bytes each
};

struct Shape {
  Mix mix = Mix::ordinary;
  std::uint32_t flows = 50'000;              ///< of ordinary traffic, all known and active
  std::uint32_t hosts = 256;                 ///< protected addresses with traffic
  std::uint32_t prefixes = 16;               ///< protected prefixes; the hosts are spread over them
  Sizes sizes = Sizes::smallest;             ///< of the mix `ordinary`
  std::uint64_t window_packets = 1'000'000;  ///< 10 million packets a second
  bool snaps = false;                        ///< bytes are kept, as where evidence is configured
};

/// The mean, without the check sequence.
double mean_frame_bytes(Sizes sizes);

/// The frame of one packet: only the headers and the payload's first bytes are written.
struct Frame {
  static constexpr std::uint32_t kRoom = 1536;
  std::uint8_t* data;
  std::uint32_t bytes;
};

class Traffic {
 public:
  explicit Traffic(const Shape& shape);

  /// The prefixes that hold every host.
  std::vector<IpPrefix> prefixes() const;

  /// The number of packets that make every ordinary flow known, with a completed handshake. Call
  /// next() so many times before a measurement.
  std::uint64_t opening_packets() const { return 3ull * shape_.flows; }

  /// Writes the next packet to frame.data, which must have kRoom bytes.
  void next(Frame& frame);

 private:
  struct Tcp {
    std::uint8_t flags;
    std::uint32_t bytes;
  };
  std::uint64_t draw();
  std::uint32_t below(std::uint32_t bound);
  std::uint32_t host_address(std::uint32_t host) const;
  std::uint32_t frame_bytes(Sizes sizes);
  void opening(Frame& frame);
  void ordinary(Frame& frame);
  void imix(Frame& frame);
  void reflected(Frame& frame);
  void syn(Frame& frame, std::uint32_t host);
  void tcp(Frame& frame, std::uint32_t flow, bool from_client, Tcp tcp);

  Shape shape_;
  std::uint32_t prefix_bits_;  ///< host bits of each prefix
  std::uint64_t state_ = 1;
  std::uint64_t opened_ = 0;
};

}  // namespace floodgauge::bench
