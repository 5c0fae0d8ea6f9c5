#include "engine/export/http/announced_board.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

Nanoseconds utc_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

const char* in_dry_run(const Telling& telling) {
  return telling.dry_run ? " (dry run)" : "";
}

/// By route: which of `telling` have this state.
std::map<std::string_view, const AnnouncedRule*> in_state(const Telling& telling,
                                                          AnnouncedState state) {
  std::map<std::string_view, const AnnouncedRule*> rules;
  for (const AnnouncedRule& rule : telling.rules) {
    if (rule.state == state) rules.emplace(rule.route, &rule);
  }
  return rules;
}

}  // namespace

std::string AnnouncedBoard::tell(std::string_view body) {
  ReadTelling read = read_telling(body);
  if (!read.wrong.empty()) return read.wrong;
  const std::scoped_lock lock(mutex_);
  const auto known = announcers_.find(read.telling.announcer);
  if (known == announcers_.end() && announcers_.size() >= kMostAnnouncers) {
    const auto silent = std::find_if(announcers_.begin(), announcers_.end(),
                                     [this](const auto& entry) { return stale(entry.second); });
    if (silent == announcers_.end()) {
      return "announcer: " + std::to_string(kMostAnnouncers) + " others tell already";
    }
    announcers_.erase(silent);
  }
  count(read.telling);
  Announcer& announcer = announcers_[read.telling.announcer];
  log_changes(announcer.last, read.telling);
  announcer = {std::move(read.telling), {}, clock_(), utc_now()};
  for (std::size_t i = 0; i < announcer.last.rules.size(); ++i) {
    announcer.by_incident.emplace(announcer.last.rules[i].incident, i);
  }
  return "";
}

/// Adds what the announcer's totals have grown by.
void AnnouncedBoard::count(const Telling& telling) {
  const auto before = announcers_.find(telling.announcer);
  const bool same = before != announcers_.end() && before->second.last.started == telling.started;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const std::uint64_t counted = same ? before->second.last.totals[i] : 0;
    // A total that has shrunk is one of a new start.
    results_[i] += telling.totals[i] >= counted ? telling.totals[i] - counted : telling.totals[i];
  }
}

void AnnouncedBoard::log_changes(const Telling& before, const Telling& now) const {
  if (!log_) return;
  std::vector<std::string> lines;
  const auto compare = [&](AnnouncedState state, const std::string& began,
                           const std::string& ended) {
    const auto old_rules = in_state(before, state);
    const auto new_rules = in_state(now, state);
    for (const auto& [route, rule] : new_rules) {
      if (!began.empty() && !old_rules.contains(route)) {
        lines.push_back(began + in_dry_run(now) + " for " + rule->incident + ": " + rule->route);
      }
    }
    for (const auto& [route, rule] : old_rules) {
      if (!ended.empty() && !new_rules.contains(route)) {
        lines.push_back(ended + in_dry_run(before) + " for " + rule->incident + ": " + rule->route);
      }
    }
  };
  compare(AnnouncedState::announced, "announced", "withdrawn");
  compare(AnnouncedState::ineffective, "took nothing of the flood", "");
  for (std::size_t i = 0; i < std::min(lines.size(), kMostLogged); ++i) log_(lines[i]);
  if (lines.size() > kMostLogged) {
    log_(std::to_string(lines.size() - kMostLogged) +
         " further routes were announced or withdrawn");
  }
}

void AnnouncedBoard::approve(const std::string& incident, const std::string& user,
                             Nanoseconds time) {
  const std::scoped_lock lock(mutex_);
  const bool first = approvals_.emplace(incident, Approval{user, time}).second;
  if (first && log_) log_("incident " + incident + " was approved by " + user);
}

bool AnnouncedBoard::stale(const Announcer& announcer) const {
  return clock_() - announcer.told > kStaleAfter;
}

void AnnouncedBoard::tick() {
  const std::scoped_lock lock(mutex_);
  for (auto& [name, announcer] : announcers_) {
    if (announcer.silence_logged || !stale(announcer)) continue;
    announcer.silence_logged = true;
    if (!log_) continue;
    log_("announcer " + name + " tells nothing since " + rfc3339(announcer.told_at) + "; it had " +
         std::to_string(announcer.last.rules.size()) + " routes, which may stand");
  }
}

Json AnnouncedBoard::json() const {
  const std::scoped_lock lock(mutex_);
  Json rules = Json::array();
  Json held_back = Json::array();
  Json announcers = Json::array();
  for (const auto& [name, announcer] : announcers_) {
    const Telling& last = announcer.last;
    Json totals = Json::object();
    for (std::size_t i = 0; i < last.totals.size(); ++i) {
      totals[kAnnouncementResultNames[i]] = last.totals[i];
    }
    announcers.push_back({{"announcer", name},
                          {"speaker", last.speaker},
                          {"dry_run", last.dry_run},
                          {"told", rfc3339(announcer.told_at)},
                          {"stale", stale(announcer)},
                          {"rules", last.rules.size()},
                          {"totals", std::move(totals)}});
    for (AnnouncedRule rule : last.rules) {
      rule.stale = stale(announcer);
      rules.push_back(announced_json(rule));
    }
    for (const auto& [incident, reason] : last.held_back) {
      held_back.push_back({{"incident", incident}, {"reason", reason}});
    }
  }
  return {{"rules", rules}, {"held_back", held_back}, {"announcers", announcers}};
}

void AnnouncedBoard::add_to(Incident& incident) const {
  const std::scoped_lock lock(mutex_);
  decorate(incident);
}

void AnnouncedBoard::decorate(Incident& incident) const {
  incident.announced.clear();
  if (const auto yes = approvals_.find(incident.id); yes != approvals_.end()) {
    incident.approval = yes->second;
  }
  for (const auto& [name, announcer] : announcers_) {
    const bool old = stale(announcer);
    const auto [first, end] = announcer.by_incident.equal_range(incident.id);
    for (auto at = first; at != end; ++at) {
      incident.announced.push_back(announcer.last.rules[at->second]);
      incident.announced.back().stale = old;
    }
    const auto held = announcer.last.held_back.find(incident.id);
    if (held != announcer.last.held_back.end() && incident.open && !old) {
      incident.not_announced = held->second;
    }
  }
}

AnnouncedSummary AnnouncedBoard::summary() const {
  AnnouncedSummary sums;
  sums.results = results_;
  for (const auto& [name, announcer] : announcers_) {
    if (stale(announcer)) continue;
    const Telling& last = announcer.last;
    if (!last.speaker.empty()) sums.standing[last.speaker];
    for (const AnnouncedRule& rule : last.rules) {
      if (rule.state != AnnouncedState::announced || rule.dry_run) continue;
      ++sums.standing[rule.speaker];
      if (rule.remaining_ratio) sums.rules.push_back(rule);
    }
  }
  return sums;
}

std::shared_ptr<const EngineSnapshot> AnnouncedBoard::over(
    std::shared_ptr<const EngineSnapshot> snapshot) {
  const std::scoped_lock lock(mutex_);
  if (snapshot == nullptr || (announcers_.empty() && approvals_.empty())) return snapshot;
  auto shown = std::make_shared<EngineSnapshot>(*snapshot);
  shown->announced = summary();
  std::set<std::string_view> told;
  std::set<std::string_view> remembered;
  for (const auto& [incident, approval] : approvals_) told.insert(incident);
  for (const auto& [name, announcer] : announcers_) {
    for (const AnnouncedRule& rule : announcer.last.rules) told.insert(rule.incident);
    for (const auto& [incident, reason] : announcer.last.held_back) told.insert(incident);
  }
  for (const auto& incident : snapshot->incidents) remembered.insert(incident->id);
  for (auto& incident : shown->incidents) {
    if (!told.contains(incident->id)) continue;
    auto copy = std::make_shared<Incident>(*incident);
    decorate(*copy);
    incident = std::move(copy);
  }
  std::erase_if(approvals_, [&](const auto& entry) { return !remembered.contains(entry.first); });
  return shown;
}

}  // namespace floodgauge
