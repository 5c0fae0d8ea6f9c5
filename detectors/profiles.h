// The profile (limits, hold, baseline) of each protected prefix, found by the prefix's number. The
// names of profiles are looked up once for each configuration, not for each host of each window.
#pragma once

#include <cstdint>
#include <vector>

#include "config/settings.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class Profiles {
 public:
  /// Both outlive this. Call refresh() after either has changed.
  Profiles(const Settings& settings, const PrefixRegistry& registry);

  void refresh();
  /// A prefix whose profile the configuration does not name has the profile `default`.
  /// `prefix`: a number of the registry (0..capacity - 1).
  const Profile& of(std::uint32_t prefix) const { return *profiles_[prefix]; }

 private:
  const Profile& by_name(std::uint32_t prefix) const;

  const Settings& settings_;
  const PrefixRegistry& registry_;
  std::vector<const Profile*> profiles_;  ///< by prefix number, for each that the registry has
};

}  // namespace floodgauge
