// The settings that workers read. A reload exchanges them as a whole.
#pragma once

#include <memory>

#include "engine/base/live_settings.h"
#include "engine/classify/payload_stage.h"
#include "engine/protect/protection.h"

namespace floodgauge {

struct WorkerSettings {
  Protection protection;
  std::shared_ptr<PayloadStage> payloads;  ///< nullptr: payloads are not searched
};

using LiveWorkerSettings = LiveSettings<WorkerSettings>;

}  // namespace floodgauge
