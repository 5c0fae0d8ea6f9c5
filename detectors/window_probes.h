// The packets of one window that may be probes of a scan, grouped by who sends them. A probe is
// small, and of a kind that scanners send (Lyon, "Nmap Network Scanning", chapter 5): SYN, FIN,
// NULL, Xmas, ACK, an unanswered datagram, a ping. Both directions: a protected host may scan
// others.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "detectors/target_counts.h"
#include "engine/merge/network_window.h"
#include "engine/model/direction.h"
#include "engine/model/vector.h"

namespace floodgauge {

struct Probe {
  std::uint64_t source_hash = 0;
  std::uint64_t target_hash = 0;  ///< of the host and the port tried
  IpAddress source;
  IpAddress target;
  std::uint32_t host = 0;  ///< number of the protected host in the window
  std::uint16_t port = 0;
  std::uint16_t ip_bytes = 0;
  Vector vector = Vector::tcp_syn;
  Direction direction = Direction::in;
};

/// The probes of one source in one direction.
struct ProbeGroup {
  std::span<const Probe> probes;  ///< at least one, those of the same target next to each other
  std::size_t tried = 0;          ///< distinct targets

  const IpAddress& source() const { return probes.front().source; }
  /// Whether this window alone shows a scan: several targets, about once each.
  bool is_scan() const { return tried >= kSeveral && probes.size() * 3 <= tried * 4; }

  static constexpr std::size_t kSeveral = 3;
};

/// What scans sent to a host or, with Direction::out, what the host sent as a scan, in one window.
struct ScanShare {
  std::vector<std::pair<Vector, Volume>> volumes;
  std::uint64_t packets = 0;
  std::uint64_t targets = 0;  ///< distinct ones

  void add(const Probe& probe);
  void add(const ScanShare& other);
  /// A scan tries each target about once. Many senders that all hit the same ports are a flood.
  bool is_spread() const { return targets * 2 >= packets; }
  /// Takes the scans off a target's counts if they are spread and the packets of attack vectors are
  /// at most `most` in all. Beyond it is a flood, whoever sends it.
  void set_aside(TargetCounts& counts, double most) const;
};

class WindowProbes {
 public:
  /// A window with more packets of attack vectors is sampled by sources.
  static constexpr std::uint64_t kMostPackets = 65536;

  /// Takes the probes of a window.
  void collect(const NetworkWindow& window);
  /// Calls visit(group) for each source, in an order that depends on nothing but the hashes' key.
  void for_each_group(const std::function<void(const ProbeGroup&)>& visit) const;
  /// Takes out probes; before any group is added to the shares.
  template <typename Wanted>
  void remove_if(Wanted&& wanted) {
    std::erase_if(probes_, wanted);
  }
  /// One source in so many is looked at in this window.
  std::uint64_t sampled_one_in() const { return sampled_one_in_; }

  /// Adds a group to the shares of its hosts. Call end_shares() after the last one.
  void add_share(const ProbeGroup& group);
  void end_shares();
  /// nullptr when no scan had to do with the host.
  const ScanShare* share_of(std::uint32_t host, Direction direction) const;

 private:
  using Shares = std::unordered_map<std::uint32_t, ScanShare>;

  void collect_host(const NetworkWindow& window, std::uint32_t host, Direction direction,
                    std::uint64_t sampled);

  std::vector<Probe> probes_;
  std::uint64_t sampled_one_in_ = 1;
  Shares in_;
  Shares out_;
  /// Host and target of each probe of the shares, of both directions.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> tried_in_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> tried_out_;
};

}  // namespace floodgauge
