// The costly counters of a host under attack: its sources, ports, packet lengths and TTLs. A host
// gets one when the window's log has no room left for all of its packets. What was logged before
// stays in the log, and the merge adds both up.
//
// Sampling: when a host gets very many packets from very many sources, only one packet in eight is
// counted, with a weight of eight. It begins once the table of sources is a sketch already, and
// once enough packets have come that the added error, the square root of eight times the count, is
// below 1 % of all packets (NitroSketch: Liu et al., SIGCOMM 2019, section 4, which also draws the
// distance to the next sampled packet rather than a random number for each packet). The numbers of
// distinct sources, names and ports are counted of every packet.
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
  /// Exact up to this many; beyond, the heavy hitters with their errors.
  static constexpr std::uint32_t kSources = 4096;
  static constexpr std::uint32_t kPorts = 512;
  static constexpr std::uint32_t kSignatures = 64;
  /// 2^13 registers: a standard error of 1.15 %.
  static constexpr unsigned kSourcesPrecision = 13;
  static constexpr unsigned kNamesPrecision = 10;
  static constexpr std::size_t kLengthBins = 64;
  /// After this many packets in one window, one in kSampled is counted.
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
  // The sums of both histograms are about `packets`.
  std::array<std::uint32_t, 256> ttl{};
  std::array<std::uint32_t, kLengthBins> length{};  ///< by length_bin() of the IP length
  std::uint64_t packets = 0;
  std::uint64_t named = 0;  ///< packets that carry a DNS name

  /// Bins of 32 bytes of IP length; the last one also has what is longer.
  static constexpr std::size_t length_bin(std::uint32_t ip_bytes) {
    return std::min<std::size_t>(ip_bytes / 32, kLengthBins - 1);
  }

  void clear();
  /// `source_hash`: the keyed hash of the source address, the same for every worker.
  void add(const LogEntry& packet, std::uint64_t source_hash);

 private:
  bool is_skipped();
  void add_weighted(const LogEntry& packet, std::uint64_t source_hash, std::uint32_t weight);

  std::uint32_t skipped_ = 0;  ///< packets before the next sampled one
  std::uint64_t draws_ = 0;    ///< state of the generator that draws the distances
};

}  // namespace floodgauge
