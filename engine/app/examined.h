// What a replay could not examine: said wherever "no flood" would be read into its silence.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/export/report/report.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// Everything that was not examined, the gravest first. `everything`: every address is protected.
/// `protecting`: what is protected, in words.
std::vector<NotExamined> not_examined(const CaptureInfo& capture, const EngineSnapshot& snapshot,
                                      bool everything, const std::string& protecting);

/// True when nothing at all was examined: the exit code is that of a failed input.
bool nothing_examined(std::span<const NotExamined> rows);

}  // namespace floodgauge
