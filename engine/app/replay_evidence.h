// `replay --evidence`: reads the captures a second time and writes a sample of each incident's
// packets. The first pass, which counts, pays nothing for it, and before an incident its packets
// are known.
#pragma once

#include <memory>
#include <vector>

#include "config/settings.h"
#include "engine/app/replay.h"
#include "engine/export/evidence/evidence_folder.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

class ReplayEvidence {
 public:
  /// Makes the folder, where the options or the configuration name one. Throws Refusal when it
  /// cannot be made, or a capture cannot be read twice.
  ReplayEvidence(const ReplayOptions& options, const Settings& settings);

  /// Writes the evidence of the snapshot's incidents, which then name their files. False when
  /// something could not be written; standard error then says what.
  bool write(EngineSnapshot& snapshot) const;

 private:
  using Samples = std::vector<std::unique_ptr<EvidenceSample>>;
  void read(Samples& samples) const;

  const ReplayOptions& options_;
  const Settings& settings_;
  std::unique_ptr<EvidenceFolder> folder_;  ///< null: no evidence is wanted
};

}  // namespace floodgauge
