#include "engine/app/build_info.h"

#include <rte_version.h>

namespace floodgauge {

BuildInfo build_info() {
  return {FLOODGAUGE_VERSION, FLOODGAUGE_REVISION, rte_version()};
}

}  // namespace floodgauge
