#include "engine/app/daemon_evidence.h"

#include <string>
#include <utility>

#include "config/printer.h"
#include "engine/app/build_info.h"

namespace floodgauge {

DaemonEvidence::DaemonEvidence(const Settings& settings, const ClockWatch& clock, DaemonLog& log,
                               ControlMetrics& metrics)
    : clock_(clock), log_(log) {
  const EvidenceSettings& wanted = settings.evidence;
  if (wanted.directory.empty()) return;
  const BuildInfo build = build_info();
  auto folder =
      std::make_unique<EvidenceFolder>(wanted.directory, wanted.disk,
                                       EvidenceOrigin{.version = std::string(build.version),
                                                      .revision = std::string(build.revision),
                                                      .configuration = print_config(settings)});
  if (const std::string wrong = folder->make(); !wrong.empty()) log.warn("evidence: " + wrong);
  evidence_ = std::make_unique<LiveEvidence>(
      std::move(folder),
      LiveEvidence::Options{
          .limits = {.packets = wanted.packets, .before = wanted.before, .snap = kSnapBytes},
          .sampling = static_cast<double>(settings.sampling),
          .report = [&log](const std::string& line) { log.warn(line); },
          .count = [&metrics](EvidenceResult result) { metrics.count_evidence(result); }});
}

void DaemonEvidence::attach(Sensor& sensor) {
  if (evidence_ == nullptr) return;
  sensor.keep_packets([this](EvidenceWindow window) {
    window.end = window.end + clock_.shift();
    for (SnappedPacket& packet : window.packets) packet.time = packet.time + clock_.shift();
    evidence_->window(std::move(window));
  });
}

void DaemonEvidence::incident(Transition transition, const Incident& incident) {
  if (evidence_ == nullptr) return;
  evidence_->incident(transition, std::make_shared<const Incident>(incident));
}

void DaemonEvidence::attend(Sensor& sensor, Exporters& exporters) {
  if (evidence_ == nullptr) return;
  for (const auto& incident : evidence_->take_written()) {
    sensor.detection().book().note_evidence(incident->id, *incident->evidence_file);
    // Its last transition was stored before its capture was whole.
    if (incident->end) exporters.amend(*incident);
  }
}

void DaemonEvidence::finish_for(std::chrono::milliseconds patience, Sensor& sensor,
                                Exporters& exporters) {
  if (evidence_ == nullptr) return;
  if (!evidence_->finish_for(patience)) {
    log_.warn("evidence: the disk does not answer, so the last captures may be missing");
  }
  attend(sensor, exporters);
}

}  // namespace floodgauge
