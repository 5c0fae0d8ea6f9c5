#include "engine/model/incident.h"

namespace floodgauge {

const char* name(IncidentKind kind) {
  switch (kind) {
    case IncidentKind::flood:
      return "flood";
    case IncidentKind::impact:
      return "impact";
    case IncidentKind::blackout:
      return "blackout";
    case IncidentKind::saturation:
      return "saturation";
  }
  return "unknown";
}

const char* name(Severity severity) {
  switch (severity) {
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
  }
  return "unknown";
}

const char* name(Transition transition) {
  switch (transition) {
    case Transition::opened:
      return "opened";
    case Transition::updated:
      return "updated";
    case Transition::escalated:
      return "escalated";
    case Transition::rules:
      return "rules";
    case Transition::closed:
      return "closed";
  }
  return "unknown";
}

}  // namespace floodgauge
