#include "detectors/profiles.h"

namespace floodgauge {

Profiles::Profiles(const Settings& settings, const PrefixRegistry& registry)
    : settings_(settings), registry_(registry) {
  refresh();
}

void Profiles::refresh() {
  profiles_.clear();
  const auto prefixes = static_cast<std::uint32_t>(registry_.prefixes().size());
  for (std::uint32_t prefix = 0; prefix < prefixes; ++prefix) {
    profiles_.push_back(&by_name(prefix));
  }
}

const Profile& Profiles::by_name(std::uint32_t prefix) const {
  const auto found = settings_.profiles.find(registry_.prefixes()[prefix].profile);
  return found != settings_.profiles.end() ? found->second : settings_.profiles.at("default");
}

}  // namespace floodgauge
