// What workers read and a reload exchanges whole.
#pragma once

#include <memory>

#include "engine/base/live_settings.h"
#include "engine/classify/payload_stage.h"
#include "engine/protect/protection.h"

namespace floodgauge {

struct WorkerSettings {
  Protection protection;
  std::shared_ptr<PayloadStage> payloads;  ///< null where no payload is looked into
};

using LiveWorkerSettings = LiveSettings<WorkerSettings>;

}  // namespace floodgauge
