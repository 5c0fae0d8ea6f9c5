#include "engine/export/evidence/evidence_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "engine/base/number_text.h"
#include "engine/base/replace_file.h"
#include "engine/export/evidence/pcapng_writer.h"
#include "engine/export/report/incident_text.h"

namespace floodgauge {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCapture = ".pcapng";
constexpr std::string_view kDescription = ".json";
/// A description begins with it, which tells it from the user's own files.
constexpr std::string_view kBegin = "{\n \"schema\": \"floodgauge.evidence/1\",";

/// One incident's files.
struct Kept {
  fs::file_time_type time;
  std::string id;
  std::uint64_t bytes = 0;

  bool operator<(const Kept& other) const {
    return std::tie(time, id) < std::tie(other.time, other.id);
  }
};

bool is_description(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string begin(kBegin.size(), '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return file.gcount() == static_cast<std::streamsize>(begin.size()) && begin == kBegin;
}

std::uint64_t size_of(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

/// All evidence of the folder, the oldest first.
std::vector<Kept> evidence_in(const fs::path& folder) {
  std::vector<Kept> all;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const fs::path& path = at->path();
    std::error_code gone;
    if (path.extension() != kDescription || !at->is_regular_file(gone) || !is_description(path)) {
      continue;
    }
    const std::string id = path.stem();
    all.push_back({fs::last_write_time(path, gone), id,
                   size_of(path) + size_of(folder / (id + std::string(kCapture)))});
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string vectors_text(const Incident& incident) {
  std::string text;
  for (const VectorShare& vector : incident.vectors) {
    text += (text.empty() ? "" : ", ") + vector.name + " " + percent(vector.share);
  }
  return text;
}

/// The comment of the capture.
std::string comment_of(const Incident& incident, const std::string& name) {
  const char* const of = incident.direction == Direction::out ? " from " : " on ";
  std::string text = "incident " + name + ": " + what_it_is(incident) + of + what_it_hits(incident);
  if (!incident.vectors.empty()) text += "\nvectors: " + vectors_text(incident);
  if (incident.mitigation && !incident.mitigation->flowspec.empty()) {
    text += "\nrule: " + incident.mitigation->flowspec;
  }
  text += "\npackets: a sample; of the incident's own, 1 in " +
          magnitude(incident.evidence_file->sampled_one_in);
  return text;
}

}  // namespace

EvidenceFolder::EvidenceFolder(std::string path, std::uint64_t bytes, EvidenceOrigin origin,
                               bool anonymous)
    : path_(std::move(path)),
      bytes_(bytes),
      origin_(std::move(origin)),
      mask_(anonymous ? std::make_unique<AddressMask>() : nullptr) {}

/// An id is a hash of the target, which could be found by trying all addresses.
std::string EvidenceFolder::name_of(const Incident& incident) const {
  return mask_ == nullptr ? incident.id : "incident-" + std::to_string(incident.number);
}

std::string EvidenceFolder::shown(std::string text) const {
  return mask_ == nullptr ? std::move(text) : mask_->of(text);
}

Json EvidenceFolder::shown(const Json& json) const {
  if (mask_ == nullptr) return json;
  if (json.is_string()) return shown(json.get<std::string>());
  Json all = json;
  if (all.is_structured()) {
    for (Json& part : all) part = shown(part);
  }
  return all;
}

std::string EvidenceFolder::make() const {
  std::error_code error;
  fs::create_directories(path_, error);
  if (!error && fs::is_directory(path_, error)) return "";
  return path_ + ": cannot keep evidence there: " + (error ? error.message() : "it is no folder");
}

std::string EvidenceFolder::path_of(const Incident& incident) const {
  return (fs::path(path_) / (name_of(incident) + std::string(kCapture))).string();
}

std::string EvidenceFolder::make_room(std::uint64_t wanted, const std::string& id) const {
  if (wanted > bytes_) {
    return path_ + ": the evidence of one incident does not fit in " +
           scaled(static_cast<double>(bytes_), "B");
  }
  const std::vector<Kept> all = evidence_in(path_);
  std::uint64_t used = 0;
  for (const Kept& kept : all) used += kept.id == id ? 0 : kept.bytes;  // that is replaced
  for (const Kept& kept : all) {
    if (used + wanted <= bytes_) break;
    if (kept.id == id) continue;
    std::error_code error;
    fs::remove(fs::path(path_) / (kept.id + std::string(kCapture)), error);
    if (!error) fs::remove(fs::path(path_) / (kept.id + std::string(kDescription)), error);
    if (error) return path_ + ": cannot remove old evidence: " + error.message();
    used -= kept.bytes;
  }
  return "";
}

std::string EvidenceFolder::capture_of(std::span<const KeptPacket* const> packets,
                                       std::uint32_t snap, const Incident& incident) const {
  PcapngWriter writer("floodgauge " + origin_.version,
                      shown(comment_of(incident, name_of(incident))), snap);
  for (const KeptPacket* kept : packets) {
    const char* const comment = kept->own ? "" : "not of the incident's vectors";
    if (mask_ == nullptr) {
      writer.packet(kept->time, kept->link, kept->bytes, kept->wire, comment);
      continue;
    }
    KeptPacket packet = *kept;
    mask_->mask(packet);
    writer.packet(packet.time, packet.link, packet.bytes, packet.wire, comment);
  }
  return writer.take();
}

std::string EvidenceFolder::description_of(const Incident& incident) const {
  Json described = shown(incident_json(incident));
  if (mask_ != nullptr) {
    described["id"] = name_of(incident);
    for (const char* const other : {"cause", "merged_into"}) {
      if (described.contains(other)) described[other] = nullptr;
    }
  }
  const Json json = {{"schema", "floodgauge.evidence/1"},
                     {"anonymised", mask_ != nullptr},
                     {"incident", std::move(described)},
                     {"captures", Json(origin_.captures)},
                     {"build", {{"version", origin_.version}, {"revision", origin_.revision}}},
                     {"configuration", shown(origin_.configuration)}};
  return json_text(json, 1) + "\n";
}

std::string EvidenceFolder::write(std::span<const KeptPacket* const> packets, std::uint32_t snap,
                                  const Incident& incident) const {
  // An id becomes a name of a file.
  if (incident.id.empty() || incident.id.front() == '.' ||
      incident.id.find('/') != std::string::npos) {
    return path_ + ": " + incident.id + " is no name of a file";
  }
  const std::string capture = capture_of(packets, snap, incident);
  const std::string description = description_of(incident);
  const std::string name = name_of(incident);
  std::string wrong = make_room(capture.size() + description.size(), name);
  // The description is first: a capture without one would never be removed.
  if (wrong.empty()) {
    wrong =
        replace_file((fs::path(path_) / (name + std::string(kDescription))).string(), description);
  }
  if (wrong.empty()) wrong = replace_file(path_of(incident), capture);
  return wrong;
}

}  // namespace floodgauge
