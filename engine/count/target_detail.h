// The costly counters, for hosts that are being hit: who sends, from and to which ports, with what
// lengths and TTLs. A host gets one when the window's log has no room left for all its packets;
// what was logged before stays in the log, and the merge adds up both.
//
// Of a host that is hit very hard by very many, one packet in eight stands for eight: once its
// table of sources is a sketch anyhow, and so many packets have come that what this adds to the
// error, the square root of eight times the count, is less than one in a hundred of all
// (NitroSketch: Liu et al., SIGCOMM 2019, section 4, which also draws the distance to the next one
// sampled rather than a lot for each packet). How many sources, names and ports there are is
// counted of every packet.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/count/host_record.h"
#include "engine/count/port_set.h"
#include "engine/sketch/hyperloglog.h"
#include "engine/sketch/top_k.h"

namespace floodgauge {

/// Empty in memory that is zero.
struct TargetDetail {
  /// Exact up to this many; beyond, heavy hitters with their error.
  static constexpr std::uint32_t kSources = 4096;
  static constexpr std::uint32_t kPorts = 512;
  static constexpr std::uint32_t kSignatures = 64;
  /// 2^13 registers: 1.15 % standard error.
  static constexpr unsigned kSourcesPrecision = 13;
  static constexpr unsigned kNamesPrecision = 10;
  static constexpr std::size_t kLengthBins = 64;
  /// Packets of one window beyond which one in kSampled is looked at.
  static constexpr std::uint64_t kAllOf = 65536;
  static constexpr std::uint32_t kSampled = 8;

  HyperLogLog<kSourcesPrecision> sources;
  HyperLogLog<kNamesPrecision> names;
  TopK<IpAddress, kSources> top_sources;
  TopK<std::uint16_t, kPorts> source_ports;
  TopK<std::uint16_t, kPorts> destination_ports;
  TopK<std::uint16_t, kSignatures> signatures;
  PortSet source_ports_seen;
  PortSet destination_ports_seen;
  std::array<std::uint32_t, 256> ttl{};  ///< of these and `length`, the sums are about `packets`
  std::array<std::uint32_t, kLengthBins> length{};  ///< by length_bin() of the IP length
  std::uint64_t packets = 0;
  std::uint64_t named = 0;  ///< that carried a DNS name

  /// Bins of 32 bytes of IP length; the last one also has what is longer.
  static constexpr std::size_t length_bin(std::uint32_t ip_bytes) {
    return std::min<std::size_t>(ip_bytes / 32, kLengthBins - 1);
  }

  void clear();
  /// `source_hash`: keyed hash of the source address, the same for every worker.
  void add(const LogEntry& packet, std::uint64_t source_hash);

 private:
  bool is_passed_over();
  void add_weighted(const LogEntry& packet, std::uint64_t source_hash, std::uint32_t weight);

  std::uint32_t passed_over_ = 0;  ///< packets before the next one that is looked at
  std::uint64_t draws_ = 0;
};

}  // namespace floodgauge
