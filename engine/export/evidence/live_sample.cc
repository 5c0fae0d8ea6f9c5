#include "engine/export/evidence/live_sample.h"

#include <algorithm>
#include <string_view>

#include "engine/export/evidence/vector_shape.h"
#include "engine/parse/parser.h"

namespace floodgauge {
namespace {

/// Floods that come in connections, or of segments that a long one-sided flow has too: packets of
/// ordinary vectors are part of them (detectors/ongoing_incident.h).
bool has_ordinary_packets(std::string_view vector) {
  return vector == "http_request" || vector == "tls_hello" || vector == "tcp_connection" ||
         vector == "quic_initial" || vector == "tcp_ack" || vector.starts_with("tcp_stream") ||
         vector.starts_with("tcp_oneway");
}

double one_in(std::uint32_t most) {
  return 4294967296.0 / (static_cast<double>(most) + 1);
}

}  // namespace

void LiveSample::Smallest::add(const SnapFacts& facts, std::span<const std::uint8_t> bytes,
                               bool towards) {
  // A window that gave up half of the hashes so many times has none that are greater.
  most = std::min(most, facts.level < 32 ? ~std::uint32_t{0} >> facts.level : 0);
  if (room == 0) return;
  const bool full = kept.size() == room;
  if (full) {
    most = std::min(most, kept.front().choice);
    if (facts.choice >= kept.front().choice) return;
    std::pop_heap(kept.begin(), kept.end());
    kept.pop_back();
  }
  kept.push_back({.choice = facts.choice,
                  .towards = towards,
                  .attack = is_attack(facts.vector),
                  .packet = {.time = facts.time,
                             .link = facts.link,
                             .wire = facts.wire,
                             .own = false,
                             .bytes = {bytes.begin(), bytes.end()}}});
  std::push_heap(kept.begin(), kept.end());
  if (full) most = std::min(most, kept.front().choice);
}

LiveSample::LiveSample(std::shared_ptr<const Incident> incident, const EvidenceLimits& limits)
    : incident_(std::move(incident)),
      start_(incident_->start),
      before_length_(limits.before),
      own_room_(limits.packets - limits.packets / 10 - 2 * (limits.packets / 20)) {
  attack_.room = own_room_;
  ordinary_.room = takes_connections() ? own_room_ : 0;
  before_.room = limits.packets / 10;
  beside_.room = after_.room = limits.packets / 20;
}

/// Whether packets of ordinary vectors may be the incident's own.
bool LiveSample::takes_connections() const {
  return incident_->vectors.empty() ||
         std::any_of(incident_->vectors.begin(), incident_->vectors.end(),
                     [](const VectorShare& vector) { return has_ordinary_packets(vector.name); });
}

void LiveSample::follow(std::shared_ptr<const Incident> incident) {
  incident_ = std::move(incident);
  if (ordinary_.room == 0 && takes_connections()) ordinary_.room = own_room_;
}

void LiveSample::offer(const SnapFacts& facts, std::span<const std::uint8_t> bytes) {
  const bool out = incident_->direction == Direction::out;
  const bool towards = incident_->target.contains(out ? facts.source : facts.destination);
  if (!towards && !incident_->target.contains(out ? facts.destination : facts.source)) return;
  if (facts.time < start_) {
    if (facts.time >= start_ - before_length_) before_.add(facts, bytes, towards);
    return;
  }
  if (incident_->end) {
    if (facts.time > *incident_->end) after_.add(facts, bytes, towards);
    return;
  }
  if (towards && is_attack(facts.vector)) {
    attack_.add(facts, bytes, towards);
  } else if (towards && ordinary_.room != 0) {
    ordinary_.add(facts, bytes, towards);
  } else {
    beside_.add(facts, bytes, towards);
  }
}

bool LiveSample::is_own(const Item& item) const {
  if (!item.towards) return false;
  if (incident_->vectors.empty()) return true;
  if (!item.attack && !takes_connections()) return false;
  const KeptPacket& packet = item.packet;
  const FrameView frame{.data = packet.bytes.data(),
                        .captured = static_cast<std::uint32_t>(packet.bytes.size()),
                        .wire = packet.wire,
                        .link = packet.link};
  const bool out = incident_->direction == Direction::out;
  PacketFacts facts;
  parse_outer(frame, facts);
  while (!incident_->target.contains(out ? facts.source : facts.destination)) {
    if (!parse_inner(frame, facts)) break;  // in a tunnel that only the settings name
  }
  return std::any_of(
      incident_->vectors.begin(), incident_->vectors.end(),
      [&](const VectorShare& vector) { return VectorShape(vector.name).fits(facts); });
}

LiveSample::Result LiveSample::result() const {
  // One bound for both, so that the packets of each vector had the same chance.
  const std::uint32_t most =
      ordinary_.room == 0 ? attack_.most : std::min(attack_.most, ordinary_.most);
  std::vector<const Item*> own;
  std::vector<const Item*> others;
  for (const Smallest* part : {&attack_, &ordinary_}) {
    for (const Item& item : part->kept) {
      if (incident_->end && item.packet.time > *incident_->end) continue;
      if (!is_own(item)) {
        others.push_back(&item);
      } else if (item.choice <= most) {
        own.push_back(&item);
      }
    }
  }
  std::sort(own.begin(), own.end(), [](const Item* a, const Item* b) { return *a < *b; });
  std::uint32_t bound = most;
  if (own.size() > own_room_) {
    bound = own[own_room_ - 1]->choice;
    own.resize(own_room_);
  }
  others.resize(std::min(others.size(), own_room_ - own.size()));
  for (const Smallest* part : {&before_, &beside_, &after_}) {
    for (const Item& item : part->kept) {
      if (part == &beside_ && incident_->end && item.packet.time > *incident_->end) continue;
      others.push_back(&item);
    }
  }
  Result result{.packets = {}, .sampled_one_in = one_in(bound)};
  for (const Item* item : own) {
    result.packets.push_back(item->packet);
    result.packets.back().own = true;
  }
  for (const Item* item : others) result.packets.push_back(item->packet);
  std::stable_sort(result.packets.begin(), result.packets.end(),
                   [](const KeptPacket& a, const KeptPacket& b) { return a.time < b.time; });
  return result;
}

}  // namespace floodgauge
