// Evidence of the daemon, where the configuration asks for it: what workers keep of packets goes to
// the thread that writes captures of incidents, and what that has written to the incidents.
#pragma once

#include <chrono>
#include <memory>

#include "config/settings.h"
#include "engine/app/clock_watch.h"
#include "engine/app/daemon_log.h"
#include "engine/app/exporters.h"
#include "engine/app/sensor.h"
#include "engine/export/evidence/live_evidence.h"
#include "engine/export/metrics/control_metrics.h"

namespace floodgauge {

/// For the thread that merges. Without evidence in the settings, nothing is done. A folder that
/// cannot be used is told, and the daemon goes on.
class DaemonEvidence {
 public:
  /// All but the settings must outlive it.
  DaemonEvidence(const Settings& settings, const ClockWatch& clock, DaemonLog& log,
                 ControlMetrics& metrics);

  /// Takes the sensor's packets. Before its start.
  void attach(Sensor& sensor);
  void incident(Transition transition, const Incident& incident);
  /// Notes what was written since the last call. To be called several times a second.
  void attend(Sensor& sensor, Exporters& exporters);
  /// Writes what is left, when all incidents are closed, and notes it.
  void finish_for(std::chrono::milliseconds patience, Sensor& sensor, Exporters& exporters);

 private:
  const ClockWatch& clock_;
  DaemonLog& log_;
  std::unique_ptr<LiveEvidence> evidence_;  ///< null: none is wanted
};

}  // namespace floodgauge
