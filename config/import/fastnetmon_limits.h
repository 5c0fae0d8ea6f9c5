// The limits of FastNetMon, as a profile of floodgauge.
#pragma once

#include <string>

#include "config/import/fastnetmon_conf.h"

namespace floodgauge {

/// The YAML of the profile `name`. `prefix` begins the keys of a host group ("my_hosts_"); it is
/// empty for the limits of all other hosts.
std::string fastnetmon_profile(const std::string& name, const std::string& prefix,
                               FastnetmonConf& conf);

}  // namespace floodgauge
