#include "engine/export/evidence/live_evidence.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/number_text.h"

namespace floodgauge {

LiveEvidence::LiveEvidence(std::unique_ptr<EvidenceFolder> folder, Options options)
    : folder_(std::move(folder)),
      options_(std::move(options)),
      most_incidents_(std::min(kMostIncidents, kMostPackets / options_.limits.packets)),
      ring_(options_.limits.before + kDetection, kRingBytes),
      queue_(kMostWaiting, [this](Item& item) { take(item); }) {}

void LiveEvidence::window(EvidenceWindow window) {
  if (windows_waiting_.load(std::memory_order_relaxed) < kMostWindows) {
    windows_waiting_.fetch_add(1, std::memory_order_relaxed);
    if (queue_.offer(std::move(window))) return;
    windows_waiting_.fetch_sub(1, std::memory_order_relaxed);
  }
  count(EvidenceResult::window_lost);
  if (!said_lost_.exchange(true)) say("evidence: the disk is too slow; packets are left out");
}

void LiveEvidence::incident(Transition transition, std::shared_ptr<const Incident> incident) {
  if (transition == Transition::rules) return;
  // What is lost of an open incident comes again; one whose end is lost ends by kSilence.
  const bool begins = transition == Transition::opened || transition == Transition::escalated;
  if (!queue_.offer(Told{std::move(incident), begins})) count(EvidenceResult::window_lost);
}

LiveEvidence::Incidents LiveEvidence::take_written() {
  const std::lock_guard lock(mutex_);
  Incidents all;
  for (auto& [id, incident] : written_) all.push_back(std::move(incident));
  written_.clear();
  return all;
}

bool LiveEvidence::finish_for(std::chrono::milliseconds patience) {
  return queue_.offer(End{}) && queue_.drain_for(patience);
}

void LiveEvidence::take(Item& item) {
  if (const auto* const window = std::get_if<EvidenceWindow>(&item)) {
    windows_waiting_.fetch_sub(1, std::memory_order_relaxed);
    take_window(*window);
  } else if (auto* const told = std::get_if<Told>(&item)) {
    take_incident(std::move(*told));
  } else {
    write_all();
  }
}

void LiveEvidence::take_window(const EvidenceWindow& window) {
  now_ = window.end;
  for (std::size_t early = ring_.add(window); early > 0; --early) {
    count(EvidenceResult::window_leaves);
    if (std::exchange(said_short_, true)) continue;
    say("evidence: packets of the last " + scaled(ring_.reach().seconds(), "s") + " fill " +
        scaled(static_cast<double>(kRingBytes), "B") + "; captures may have less from before");
  }
  for (auto at = followed_.begin(); at != followed_.end();) {
    Followed& followed = at->second;
    ring_.for_each_of_last(
        [&](const SnapFacts& facts, auto bytes) { followed.sample.offer(facts, bytes); });
    const Incident& incident = followed.sample.incident();
    const bool over = incident.end ? now_ >= *incident.end + options_.limits.before
                                   : now_ - followed.heard >= kSilence;
    if (over || now_ >= followed.write_at) {
      followed.write_at = now_ + (now_ - followed.opened) * 3;
      write(followed);
    }
    at = over ? followed_.erase(at) : std::next(at);
  }
}

/// True when there is room for the incident, after the least grave one has lost its own if need be.
bool LiveEvidence::make_room(const Incident& incident) {
  if (followed_.size() < most_incidents_) return true;
  const auto gravity = [](const Incident& one) { return std::tie(one.severity, one.peak_pps); };
  const auto least =
      std::min_element(followed_.begin(), followed_.end(), [&](const auto& a, const auto& b) {
        return gravity(a.second.sample.incident()) < gravity(b.second.sample.incident());
      });
  count(EvidenceResult::left_out);
  if (!std::exchange(said_left_out_, true)) {
    say("evidence: over " + std::to_string(most_incidents_) +
        " incidents are open; the gravest have captures");
  }
  if (least->second.sample.incident().severity >= incident.severity) return false;
  write(least->second);
  followed_.erase(least);
  return true;
}

void LiveEvidence::take_incident(Told told) {
  std::shared_ptr<const Incident>& incident = told.incident;
  const auto at = followed_.find(incident->id);
  const auto offer_ring = [&](LiveSample& sample) {
    ring_.for_each([&](const SnapFacts& facts, auto bytes) { sample.offer(facts, bytes); });
  };
  if (at != followed_.end()) {
    const bool closes = incident->end && !at->second.sample.incident().end;
    at->second.heard = now_;
    at->second.sample.follow(std::move(incident));
    if (closes) offer_ring(at->second.sample);
    return;
  }
  if (!told.begins || incident->end || !make_room(*incident)) return;
  LiveSample sample(incident, options_.limits);
  offer_ring(sample);
  followed_.emplace(incident->id, Followed{.sample = std::move(sample),
                                           .opened = now_,
                                           .heard = now_,
                                           .write_at = now_ + kFirstWrite});
}

void LiveEvidence::write(const Followed& followed) {
  const LiveSample::Result result = followed.sample.result();
  if (result.packets.empty()) return;
  Incident incident = followed.sample.incident();
  incident.evidence_file =
      EvidenceFile{.path = folder_->path_of(incident),
                   .packets = result.packets.size(),
                   .sampled_one_in = result.sampled_one_in * options_.sampling};
  std::vector<const KeptPacket*> packets;
  for (const KeptPacket& packet : result.packets) packets.push_back(&packet);
  std::string wrong = folder_->make();  // it may have been removed meanwhile
  if (wrong.empty()) wrong = folder_->write(packets, kSnapBytes, incident);
  count(wrong.empty() ? EvidenceResult::written : EvidenceResult::failed);
  if (!wrong.empty() && !failing_) say("evidence: " + wrong);
  if (wrong.empty() && failing_) say("evidence: it can be written again");
  failing_ = !wrong.empty();
  if (wrong.empty()) note_written(std::move(incident));
}

void LiveEvidence::write_all() {
  for (const auto& [id, followed] : followed_) write(followed);
  followed_.clear();
}

void LiveEvidence::note_written(Incident incident) {
  const auto told = std::make_shared<const Incident>(std::move(incident));
  const std::lock_guard lock(mutex_);
  written_[told->id] = told;
}

}  // namespace floodgauge
