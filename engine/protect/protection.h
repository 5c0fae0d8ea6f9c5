// What is protected, as the workers see it: immutable, exchanged whole on a reload. A prefix keeps
// its number over reloads, so that windows in flight and counters since start stay true.
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
#include "engine/protect/targeted_burst.h"

namespace floodgauge {

/// One protected prefix, by its number.
struct ProtectedPrefix {
  IpPrefix prefix;
  std::string name;
  std::string profile = "default";
  bool active = false;  ///< false: a number that is free, or a prefix that a reload removed
};

/// Numbers of prefixes, stable while the process lives. Control path only.
class PrefixRegistry {
 public:
  /// Room for so many prefixes at once, those just removed included.
  explicit PrefixRegistry(std::uint32_t capacity);

  /// Takes over what `settings` protect: known prefixes keep their number, new ones get one that
  /// was never used, or else has been free for long; others become inactive. With nothing
  /// protected: 0.0.0.0/0 and ::/0. Throws std::runtime_error when there are more prefixes than
  /// room.
  void assign(const Settings& settings);

  std::uint32_t capacity() const { return static_cast<std::uint32_t>(prefixes_.size()); }
  std::span<const ProtectedPrefix> prefixes() const { return prefixes_; }
  bool everything() const { return everything_; }

 private:
  std::uint32_t free_number();

  std::vector<ProtectedPrefix> prefixes_;
  std::uint32_t never_used_ = 0;
  std::uint32_t next_reused_ = 0;
  std::map<IpPrefix, std::uint32_t> numbers_;
  bool everything_ = false;
};

/// What the protect stage reads.
class Protection {
 public:
  Protection(const PrefixRegistry& registry, const Settings& settings);

  /// Fills burst.targets of packets that are not met, opening tunnels as configured; facts of a
  /// tunnelled packet become those of the packet that counts.
  void find_targets(TargetedBurst& burst) const;

  /// True when traffic from `source` or to `destination` is never to be called a flood.
  bool excluded(const IpAddress& source, const IpAddress& destination) const;
  bool has_exclusions() const { return has_exclusions_; }
  bool everything() const { return everything_; }
  /// Different for each one that was ever made, from 1.
  std::uint64_t generation() const { return generation_; }

  /// Whether facts of an inner packet may take an outer one's place.
  bool opens_tunnels() const { return addresses_ != TunnelAddresses::outer; }

  /// The addresses that count for one frame: replaces `facts` by those of an inner packet where the
  /// configuration says so.
  PacketTarget choose(const FrameView& frame, PacketFacts& facts) const;

 private:
  PacketTarget look_up(const PacketFacts& facts) const;
  void look_up_burst(TargetedBurst& burst, std::uint32_t which) const;

  std::unique_ptr<const PrefixTable> targets_;           ///< null where everything is protected
  std::unique_ptr<const PrefixTable> excluded_sources_;  ///< null without exclusions, as the next
  std::unique_ptr<const PrefixTable> excluded_targets_;
  std::uint64_t generation_;
  TunnelAddresses addresses_;
  bool everything_;
  bool has_exclusions_;
};

}  // namespace floodgauge
