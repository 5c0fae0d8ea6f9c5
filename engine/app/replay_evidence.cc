#include "engine/app/replay_evidence.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <tuple>

#include "config/printer.h"
#include "engine/app/build_info.h"
#include "engine/app/interrupt.h"
#include "engine/app/refusal.h"
#include "engine/base/number_text.h"
#include "engine/port/capture_merge.h"

namespace floodgauge {
namespace {

/// So many incidents have files, and so many packets of all of them are held while the captures are
/// read, each of 256 bytes at most.
constexpr std::size_t kMostIncidents = 100;
constexpr std::size_t kMostPackets = 200'000;

/// The incidents that get files: the gravest ones.
std::vector<std::shared_ptr<const Incident>> gravest(const EngineSnapshot& snapshot,
                                                     std::size_t packets) {
  const std::size_t most = std::min(kMostIncidents, kMostPackets / packets);
  std::vector<std::shared_ptr<const Incident>> chosen = snapshot.incidents;
  std::sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
    return std::tie(b->severity, b->peak_pps, a->id) < std::tie(a->severity, a->peak_pps, b->id);
  });
  if (chosen.size() > most) {
    std::cerr << "evidence: the " << most << " gravest of " << chosen.size()
              << " incidents have files\n";
    chosen.resize(most);
  }
  return chosen;
}

}  // namespace

ReplayEvidence::ReplayEvidence(const ReplayOptions& options, const Settings& settings)
    : options_(options), settings_(settings) {
  const std::string& path =
      options.evidence.empty() ? settings.evidence.directory : options.evidence;
  if (path.empty()) {
    if (options.anonymise)
      throw Refusal{"--anonymise is of the evidence: name a folder with --evidence"};
    return;
  }
  for (const std::string& file : options.files) {
    std::error_code error;
    const bool there = file != "-" && std::filesystem::exists(file, error);
    if (file != "-" && (!there || std::filesystem::is_regular_file(file, error))) continue;
    throw Refusal{"evidence reads the captures twice, which " +
                  (file == "-" ? "standard input" : file) + " cannot be"};
  }
  const BuildInfo build = build_info();
  folder_ = std::make_unique<EvidenceFolder>(path, settings.evidence.disk,
                                             EvidenceOrigin{.version = std::string(build.version),
                                                            .revision = std::string(build.revision),
                                                            .configuration = print_config(settings),
                                                            .captures = options.files},
                                             options.anonymise);
  if (const std::string wrong = folder_->make(); !wrong.empty()) {
    throw Refusal{wrong, kExitInput};
  }
}

void ReplayEvidence::read(Samples& samples) const {
  std::vector<std::unique_ptr<CaptureReader>> readers;
  for (const std::string& file : options_.files) {
    readers.push_back(std::make_unique<CaptureReader>(file));
  }
  CaptureMerge captures(std::move(readers), settings_.engine.reorder);
  for (auto batch = captures.next(); !batch.empty() && !interrupted(); batch = captures.next()) {
    for (const CaptureRecord& record : batch) {
      PacketFacts facts;
      parse_outer(record.frame, facts);
      for (const auto& sample : samples) sample->offer({record.time}, record.frame, facts);
    }
  }
}

bool ReplayEvidence::write(EngineSnapshot& snapshot) const {
  if (folder_ == nullptr || snapshot.incidents.empty()) return true;
  Samples samples;
  for (const auto& incident : gravest(snapshot, settings_.evidence.packets)) {
    samples.push_back(std::make_unique<EvidenceSample>(
        incident, EvidenceLimits{.packets = settings_.evidence.packets,
                                 .before = settings_.evidence.before}));
  }
  read(samples);
  bool whole = true;
  for (const auto& sample : samples) {
    const std::vector<const KeptPacket*> packets = sample->packets();
    if (packets.empty()) continue;
    Incident incident = sample->incident();
    incident.evidence_file =
        EvidenceFile{.path = folder_->path_of(incident),
                     .packets = packets.size(),
                     .sampled_one_in = sample->sampled_one_in() * snapshot.sampling};
    if (const std::string wrong = folder_->write(packets, sample->snap(), incident);
        !wrong.empty()) {
      std::cerr << wrong << "\n";
      whole = false;
      continue;
    }
    for (auto& shown : snapshot.incidents) {
      if (shown->id == incident.id) shown = std::make_shared<const Incident>(incident);
    }
  }
  return whole;
}

}  // namespace floodgauge
