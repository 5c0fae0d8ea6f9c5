#include "detectors/incident_book.h"

#include <algorithm>
#include <cstdio>
#include <tuple>

namespace floodgauge {
namespace {

constexpr Nanoseconds kUpdateEvery = whole_seconds(10);
/// What is found over periods is found again at the latest after a second and the window in which
/// it ends.
constexpr Nanoseconds kJudgedEvery = milliseconds(1200);

/// FNV-1a (RFC 9923) of what identifies an incident, so that the same capture gives the same id.
std::string id_of(const Incident& incident) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const std::string text = std::string(name(incident.kind)) + "|" + incident.target.text() + "|" +
                           std::to_string(incident.start.count) + "|" +
                           std::to_string(incident.number) +
                           (incident.direction == Direction::out ? "|out" : "") +
                           (incident.impact ? "|" + incident.impact->service : "");
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  char id[17];
  std::snprintf(id, sizeof id, "%016llx", static_cast<unsigned long long>(hash));
  return id;
}

}  // namespace

Severity severity_of(double worst_ratio, double peak_bps) {
  if (worst_ratio >= 20 || peak_bps >= 10e9) return Severity::critical;
  if (worst_ratio >= 5 || peak_bps >= 1e9) return Severity::high;
  return worst_ratio >= 2 ? Severity::medium : Severity::low;
}

void IncidentBook::reload(std::shared_ptr<const SignatureSet> signatures) {
  if (signatures == signatures_) return;
  signatures_ = std::move(signatures);
  for (auto& [key, ongoing] : ongoing_) ongoing->clear_signatures();
}

OngoingIncident* IncidentBook::lookup(IncidentKind kind, const IpPrefix& target,
                                      Direction direction) const {
  if (ongoing_of_length_[target.length] == 0) return nullptr;
  const auto at = ongoing_.find({kind, target, direction});
  return at == ongoing_.end() ? nullptr : at->second.get();
}

OngoingIncident* IncidentBook::open(const Incident& first, const UsualRates& usual,
                                    std::size_t sources, double ratio) {
  if (is_full() && !make_room(ratio)) {
    refused_.note(first.target);
    return nullptr;
  }
  const std::string service = first.impact ? first.impact->service : "";
  auto& entry = ongoing_[{first.kind, first.target, first.direction, service}];
  if (entry == nullptr) ++ongoing_of_length_[first.target.length];
  entry = std::make_unique<OngoingIncident>(first, usual, sources);
  entry->incident().number = ++number_;
  entry->incident().id = id_of(entry->incident());
  entry->incident().loss_ratio = loss_ratio_;
  entry->last_above = first.detected;
  entry->last_reported = first.detected;
  return entry.get();
}

/// Orders the floods by how far they are above their limits, then by rate, the least last.
void IncidentBook::rank_floods() {
  using Rank = std::tuple<double, double, const Key*>;
  std::vector<Rank> ranks;
  for (const auto& [key, ongoing] : ongoing_) {
    if (key.first != IncidentKind::flood || ongoing->displaced) continue;
    ranks.emplace_back(ongoing->worst_ratio, ongoing->incident().peak_pps, &key);
  }
  std::sort(ranks.begin(), ranks.end(), [](const Rank& a, const Rank& b) {
    return std::tie(std::get<0>(a), std::get<1>(a), *std::get<2>(b)) >
           std::tie(std::get<0>(b), std::get<1>(b), *std::get<2>(a));
  });
  ranked_.clear();
  for (const Rank& rank : ranks) ranked_.push_back(*std::get<2>(rank));
  is_ranked_ = true;
}

/// Marks the least flood as displaced by an incident of that ratio. False when none is small
/// enough. What was opened in this window is not ranked, so that at most kMostOpen are displaced in
/// a window.
bool IncidentBook::make_room(double ratio) {
  if (!is_ranked_) rank_floods();
  while (!ranked_.empty()) {
    const auto least = ongoing_.find(ranked_.back());
    const bool open = least != ongoing_.end() && !least->second->displaced;
    if (open && ratio < kDisplaces * least->second->worst_ratio) return false;
    ranked_.pop_back();
    if (!open) continue;
    least->second->displaced = true;
    ++displaced_;
    return true;
  }
  return false;
}

void IncidentBook::close_displaced(Nanoseconds now) {
  ranked_.clear();
  if (!is_ranked_) return;
  is_ranked_ = false;
  for (auto at = ongoing_.begin(); at != ongoing_.end();) {
    if (!at->second->displaced) {
      ++at;
      continue;
    }
    at->second->incident().note = "closed for a larger incident: too many were open";
    close(*at->second, now);
    --ongoing_of_length_[at->first.second.length];
    at = ongoing_.erase(at);
  }
}

void IncidentBook::announce(OngoingIncident& ongoing, Nanoseconds now) {
  render(ongoing);
  Incident& incident = ongoing.incident();
  incident.severity = severity_of(ongoing.worst_ratio, incident.peak_bps * sampling_);
  const std::string vector = incident.vectors.empty() ? "" : incident.vectors.front().name;
  ++totals_[{incident.kind, vector}];
  listener_(now, Transition::opened, incident);
}

void IncidentBook::discard(const IpPrefix& target, Direction direction) {
  const auto at = ongoing_.find({IncidentKind::flood, target, direction});
  if (at == ongoing_.end()) return;
  if (at->second->incident().number == number_) --number_;
  --ongoing_of_length_[target.length];
  ongoing_.erase(at);
}

void IncidentBook::widen(OngoingIncident& flood, const IpPrefix& target) {
  const IpPrefix before = flood.incident().target;
  if (before == target || ongoing_.contains({IncidentKind::flood, target})) return;
  auto item = ongoing_.extract({IncidentKind::flood, before});
  --ongoing_of_length_[before.length];
  ++ongoing_of_length_[target.length];
  item.key().second = target;
  ongoing_.insert(std::move(item));
  flood.incident().target = target;
}

void IncidentBook::render(OngoingIncident& ongoing) const {
  ongoing.render(signatures_.get());
  if (complete_) complete_(ongoing.incident());
}

void IncidentBook::tell(OngoingIncident& ongoing, Nanoseconds now) {
  ongoing.last_reported = now;
  render(ongoing);
  listener_(now, Transition::updated, ongoing.incident());
}

void IncidentBook::tell_rules(OngoingIncident& ongoing, Nanoseconds now) {
  render(ongoing);
  listener_(now, Transition::rules, ongoing.incident());
}

void IncidentBook::note_losses(double ratio) {
  loss_ratio_ = ratio;
  for (auto& [key, ongoing] : ongoing_) {
    Incident& incident = ongoing->incident();
    incident.loss_ratio = std::max(incident.loss_ratio, ratio);
  }
}

void IncidentBook::note_evidence(const std::string& id, const EvidenceFile& file) {
  for (auto& [key, ongoing] : ongoing_) {
    if (ongoing->incident().id != id) continue;
    ongoing->incident().evidence_file = file;
    return;
  }
  const auto closed = std::find_if(closed_.rbegin(), closed_.rend(),
                                   [&](const auto& incident) { return incident->id == id; });
  if (closed == closed_.rend()) return;
  auto with_file = std::make_shared<Incident>(**closed);
  with_file->evidence_file = file;
  *closed = std::move(with_file);
}

void IncidentBook::judge_severity(OngoingIncident& ongoing, Nanoseconds now) {
  Incident& incident = ongoing.incident();
  const Severity severity = severity_of(ongoing.worst_ratio, incident.peak_bps * sampling_);
  if (severity > incident.severity) {
    incident.severity = severity;
    ongoing.last_reported = now;
    render(ongoing);
    listener_(now, Transition::escalated, incident);
  } else if (now - ongoing.last_reported >= kUpdateEvery) {
    tell(ongoing, now);
  }
}

void IncidentBook::close(OngoingIncident& ongoing, Nanoseconds now) {
  render(ongoing);
  Incident& incident = ongoing.incident();
  incident.open = false;
  incident.end = ongoing.last_above;
  incident.quiet_since.reset();
  incident.current_pps = 0;
  incident.current_bps = 0;
  listener_(now, Transition::closed, incident);
  if (closed_.size() == kMostClosed) {
    closed_.erase(closed_.begin());
    ++forgotten_;
  }
  closed_.push_back(std::make_shared<const Incident>(incident));
}

/// Notes a window in which nothing was added, and since when nothing of the incident has come. What
/// is found over periods is looked at once a second.
void IncidentBook::note_quiet(OngoingIncident& ongoing, Nanoseconds now) {
  const bool by_seconds = ongoing.slow || ongoing.incident().kind != IncidentKind::flood;
  if (!by_seconds && ongoing.last_added < now) {
    ongoing.add_nothing();
    ongoing.note_rate(0);
  }
  const Nanoseconds last = by_seconds ? ongoing.last_above + kJudgedEvery
                                      : std::max(ongoing.last_above, ongoing.last_added);
  ongoing.incident().quiet_since =
      last < now ? std::optional(by_seconds ? ongoing.last_above : last) : std::nullopt;
}

template <typename Which>
void IncidentBook::close_expired(Nanoseconds now, const Which& which) {
  for (auto at = ongoing_.begin(); at != ongoing_.end();) {
    OngoingIncident& ongoing = *at->second;
    if (!which(ongoing.incident()) || now - ongoing.last_above < ongoing.hold) {
      ++at;
      continue;
    }
    close(ongoing, ongoing.last_above + ongoing.hold);
    --ongoing_of_length_[at->first.second.length];
    at = ongoing_.erase(at);
  }
}

void IncidentBook::close_ended_floods(Nanoseconds now) {
  close_expired(now, [](const Incident& incident) { return incident.kind == IncidentKind::flood; });
}

void IncidentBook::end_window(Nanoseconds now) {
  refused_.end_window();
  close_displaced(now);
  close_expired(now, [](const Incident&) { return true; });
  for (auto& [key, ongoing] : ongoing_) {
    note_quiet(*ongoing, now);
    judge_severity(*ongoing, now);
  }
}

void IncidentBook::close_at_gap(Nanoseconds since, Nanoseconds now) {
  for (auto& [key, ongoing] : ongoing_) {
    ongoing->last_above = std::min(ongoing->last_above, since);
    close(*ongoing, std::min(ongoing->last_above + ongoing->hold, now));
  }
  ongoing_.clear();
  ongoing_of_length_ = {};
}

void IncidentBook::close_all(Nanoseconds now, const std::string& note) {
  for (auto& [key, ongoing] : ongoing_) {
    ongoing->incident().note = note;
    close(*ongoing, now);
  }
  ongoing_.clear();
  ongoing_of_length_ = {};
}

std::vector<std::shared_ptr<const Incident>> IncidentBook::all() const {
  std::vector<std::shared_ptr<const Incident>> incidents = closed_;
  for (const auto& [key, ongoing] : ongoing_) {
    render(*ongoing);
    incidents.push_back(std::make_shared<const Incident>(ongoing->incident()));
  }
  std::sort(incidents.begin(), incidents.end(), [](const auto& a, const auto& b) {
    const std::string none;
    const std::string& of_a = a->impact ? a->impact->service : none;
    const std::string& of_b = b->impact ? b->impact->service : none;
    return std::tie(a->start, a->target, a->kind, a->direction, of_a, a->id) <
           std::tie(b->start, b->target, b->kind, b->direction, of_b, b->id);
  });
  return incidents;
}

}  // namespace floodgauge
