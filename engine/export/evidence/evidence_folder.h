// A folder of evidence: for each incident a capture of its packets, ID.pcapng, and ID.json, which
// says what it is of.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/export/evidence/address_mask.h"
#include "engine/export/evidence/evidence_sample.h"
#include "engine/export/report/incident_json.h"

namespace floodgauge {

/// What is written beside every incident.
struct EvidenceOrigin {
  std::string version = {};  ///< of floodgauge
  std::string revision = {};
  std::string configuration = {};  ///< effective, YAML
  std::vector<std::string> captures = {};
};

class EvidenceFolder {
 public:
  /// `bytes`: the most that all evidence in the folder may take. Other files there are not counted
  /// and never removed.
  /// With `anonymous`, all addresses in the files are replaced, by the same ones in all of them,
  /// and no payload is kept.
  EvidenceFolder(std::string path, std::uint64_t bytes, EvidenceOrigin origin,
                 bool anonymous = false);

  /// Makes the folder where there is none. Returns what is wrong with it; empty when nothing is.
  std::string make() const;
  /// Where the capture of an incident lies.
  std::string path_of(const Incident& incident) const;
  /// Writes both files, after removing as much of the oldest evidence as they need room. `packets`
  /// are in order of time, with at most `snap` bytes; the incident has its evidence_file. Returns
  /// what went wrong; empty when nothing did.
  std::string write(std::span<const KeptPacket* const> packets, std::uint32_t snap,
                    const Incident& incident) const;

 private:
  std::string name_of(const Incident& incident) const;
  std::string shown(std::string text) const;
  Json shown(const Json& json) const;
  std::string make_room(std::uint64_t wanted, const std::string& id) const;
  std::string capture_of(std::span<const KeptPacket* const> packets, std::uint32_t snap,
                         const Incident& incident) const;
  std::string description_of(const Incident& incident) const;

  const std::string path_;
  const std::uint64_t bytes_;
  const EvidenceOrigin origin_;
  const std::unique_ptr<AddressMask> mask_;  ///< null: addresses are shown as they are
};

}  // namespace floodgauge
