// Which prefixes are protected, as the workers see it. Immutable: a reload replaces it as a whole.
// A prefix keeps its number over reloads, so that open windows and counters since start remain
// valid.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/settings.h"
#include "engine/base/address.h"
#include "engine/protect/prefix_table.h"
#include "engine/protect/service_ports.h"
#include "engine/protect/targeted_burst.h"

namespace floodgauge {

/// What a prefix number stands for.
struct ProtectedPrefix {
  IpPrefix prefix;
  std::string name;
  std::string profile = "default";
  bool active = false;  ///< false: the number is unused, or a reload removed the prefix
};

/// Assigns numbers to prefixes, which stay the same while the process lives. Used by the control
/// thread only.
class PrefixRegistry {
 public:
  /// `capacity`: most prefixes at the same time, including those just removed; at least 2.
  explicit PrefixRegistry(std::uint32_t capacity);

  /// Applies the protected prefixes of `settings`. Known prefixes keep their number. New ones get a
  /// number that was never used, or else one that has been unused for long. All others become
  /// inactive. If `settings` name no prefix, 0.0.0.0/0 and ::/0 are protected. Throws
  /// std::runtime_error when there are more prefixes than `capacity`.
  void assign(const Settings& settings);

  std::uint32_t capacity() const { return static_cast<std::uint32_t>(prefixes_.size()); }
  std::span<const ProtectedPrefix> prefixes() const { return prefixes_; }
  /// True when the settings name no prefix, so that every address is protected.
  bool everything() const { return everything_; }

 private:
  std::uint32_t free_number();

  std::vector<ProtectedPrefix> prefixes_;
  std::uint32_t never_used_ = 0;   ///< numbers from here on were never used
  std::uint32_t next_reused_ = 0;  ///< where the search for an unused number continues
  std::map<IpPrefix, std::uint32_t> numbers_;
  bool everything_ = false;
};

/// What the protect stage reads. Immutable, so any number of workers may use it at the same time.
class Protection {
 public:
  Protection(const PrefixRegistry& registry, const Settings& settings);

  /// Sets burst.targets of the remaining packets that are not known, and opens tunnels as
  /// configured (choose()). The targets of known packets have been set by the known-flow fast path.
  void find_targets(TargetedBurst& burst) const;

  /// True when the configuration excludes traffic from `source` or to `destination` from detection:
  /// it is never reported as a flood.
  bool excluded(const IpAddress& source, const IpAddress& destination) const;
  bool has_exclusions() const { return has_exclusions_; }
  bool everything() const { return everything_; }
  /// The generation of the protection, from 1: greater than that of every Protection made before.
  /// What is cached under one generation is invalid under another.
  std::uint64_t generation() const { return generation_; }
  const ServicePorts& services() const { return services_; }
  /// Whether it is known of frames from which side they came.
  bool knows_sides() const { return knows_sides_; }

  /// Whether the facts of an inner packet may replace those of the outer one.
  /// The UDP ports of foo-over-UDP tunnels; empty where tunnels are not opened.
  std::span<const std::uint16_t> fou_ports() const { return fou_ports_; }
  bool opens_tunnels() const { return addresses_ != TunnelAddresses::outer; }

  /// The targets of one frame. Replaces `facts` by those of an inner packet if the configuration
  /// (engine.addresses) says so.
  PacketTarget choose(const FrameView& frame, PacketFacts& facts) const;

 private:
  PacketTarget look_up(const PacketFacts& facts) const;
  void look_up_burst(TargetedBurst& burst, std::uint32_t which) const;
  void tell_sides(TargetedBurst& burst, std::uint32_t which) const;

  std::unique_ptr<const PrefixTable> targets_;           ///< null if everything is protected
  std::unique_ptr<const PrefixTable> excluded_sources_;  ///< null without exclusions
  std::unique_ptr<const PrefixTable> excluded_targets_;  ///< null without exclusions
  ServicePorts services_;
  std::uint64_t generation_;
  TunnelAddresses addresses_;
  std::vector<std::uint16_t> fou_ports_;
  OutsideNeighbours outside_;
  bool everything_;
  bool has_exclusions_;
  bool knows_sides_;
};

}  // namespace floodgauge
