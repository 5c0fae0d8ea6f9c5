#include "engine/export/evidence/evidence_sample.h"

#include <algorithm>
#include <limits>

#include "engine/base/splitmix64.h"

namespace floodgauge {
namespace {

constexpr Nanoseconds kForEver{std::numeric_limits<std::int64_t>::max()};

/// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/).
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

EvidenceSample::EvidenceSample(std::shared_ptr<const Incident> incident,
                               const EvidenceLimits& limits)
    : incident_(std::move(incident)), snap_(limits.snap), random_(hash_of(incident_->id)) {
  for (const VectorShare& vector : incident_->vectors) shapes_.emplace_back(vector.name);
  const bool over = incident_->end && !incident_->open;
  end_ = over ? *incident_->end : kForEver;
  from_ = incident_->start - limits.before;
  to_ = over ? end_ + limits.before : kForEver;
  before_.room = limits.packets / 10;
  beside_.room = after_.room = limits.packets / 20;
  own_.room = limits.packets - before_.room - beside_.room - after_.room;
}

std::uint64_t EvidenceSample::random_below(std::uint64_t bound) {
  random_ += 0x9e3779b97f4a7c15;  // splitmix64
  return static_cast<std::uint64_t>(
      (static_cast<unsigned __int128>(splitmix64_finaliser(random_)) * bound) >> 64);
}

bool EvidenceSample::is_own(const PacketFacts& facts) const {
  const IpAddress& hit = incident_->direction == Direction::out ? facts.source : facts.destination;
  if (!incident_->target.contains(hit)) return false;
  if (shapes_.empty()) return true;
  return std::any_of(shapes_.begin(), shapes_.end(),
                     [&](const VectorShape& shape) { return shape.fits(facts); });
}

void EvidenceSample::keep(Reservoir& reservoir, Nanoseconds time, const FrameView& frame,
                          bool own) {
  ++reservoir.seen;
  std::size_t place = reservoir.kept.size();
  if (place < reservoir.room) {
    reservoir.kept.emplace_back();
  } else {
    const std::uint64_t drawn = random_below(reservoir.seen);
    if (drawn >= reservoir.room) return;
    place = static_cast<std::size_t>(drawn);
  }
  KeptPacket& packet = reservoir.kept[place];
  packet.time = time;
  packet.link = frame.link;
  packet.wire = frame.wire;
  packet.own = own;
  packet.bytes.assign(frame.data, frame.data + std::min(frame.captured, snap_));
}

void EvidenceSample::offer(Nanoseconds time, const FrameView& frame, const PacketFacts& outer) {
  if (time < from_ || time > to_) return;
  PacketFacts facts = outer;
  while (!incident_->target.contains(facts.destination) &&
         !incident_->target.contains(facts.source)) {
    if (!parse_inner(frame, facts)) return;
  }
  if (time < incident_->start) {
    keep(before_, time, frame, false);
  } else if (time > end_) {
    keep(after_, time, frame, false);
  } else if (is_own(facts)) {
    keep(own_, time, frame, true);
  } else {
    keep(beside_, time, frame, false);
  }
}

std::vector<const KeptPacket*> EvidenceSample::packets() const {
  std::vector<const KeptPacket*> all;
  for (const Reservoir* reservoir : {&before_, &own_, &beside_, &after_}) {
    for (const KeptPacket& packet : reservoir->kept) all.push_back(&packet);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const KeptPacket* a, const KeptPacket* b) { return a->time < b->time; });
  return all;
}

double EvidenceSample::sampled_one_in() const {
  if (own_.kept.empty()) return 1;
  return static_cast<double>(own_.seen) / static_cast<double>(own_.kept.size());
}

}  // namespace floodgauge
