#include "engine/app/view_log.h"

#include "engine/model/one_way.h"

namespace floodgauge {

void ViewLog::note(const EngineSnapshot& snapshot) {
  for (const PrefixSnapshot& prefix : snapshot.prefixes) {
    const std::string_view text = one_way_text(prefix.total_in.packets, prefix.total_out.packets);
    if (text.empty() || !told_.insert(prefix.prefix).second) continue;
    log_.info(std::string(text) + ": whether anything is answered cannot be told",
              {{"prefix", prefix.prefix.text()}});
  }
}

}  // namespace floodgauge
