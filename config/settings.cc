#include "config/settings.h"

#include "config/threshold_table.h"

namespace floodgauge {
namespace {

Thresholds scaled_defaults(double factor) {
  Thresholds thresholds;
  for (const auto& row : kThresholdTable) thresholds.*row.member = row.host_default * factor;
  return thresholds;
}

}  // namespace

Thresholds default_host_thresholds() {
  return scaled_defaults(1);
}

Thresholds default_prefix_thresholds() {
  return scaled_defaults(kPrefixThresholdFactor);
}

}  // namespace floodgauge
