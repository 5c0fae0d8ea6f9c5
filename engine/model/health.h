// Whether the sensor does its work: one judgement for /-/healthy, /-/ready, the metric `healthy`
// and the service manager's watchdog.
#pragma once

#include <string>

namespace floodgauge {

struct Health {
  bool healthy = false;  ///< every worker polls and windows are merged
  bool ready = false;    ///< ports are started and the first window was merged
  /// Why it is not healthy, or not ready; one line for a person. Empty when it is both.
  std::string reason = {};
};

}  // namespace floodgauge
