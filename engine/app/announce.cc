#include "engine/app/announce.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "config/policy.h"
#include "engine/app/announce_telling.h"
#include "engine/app/config_errors.h"
#include "engine/app/exit_code.h"
#include "engine/app/interrupt.h"
#include "engine/app/open_floods.h"
#include "engine/export/bgp/efficacy.h"
#include "engine/export/bgp/journal.h"
#include "engine/export/bgp/speaker.h"
#include "engine/export/report/time_text.h"
#include "engine/export/terminal/status_client.h"
#include "engine/port/utc_clock.h"

namespace floodgauge {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// How often the sensor is asked. With the time of a step, a route is announced within a second.
constexpr auto kAskEvery = std::chrono::milliseconds(250);
/// More than a sensor keeps open.
constexpr const char* kOpenIncidents = "/api/v1/incidents?state=open&limit=10000";
constexpr auto kSensorPatience = std::chrono::milliseconds(2000);
/// How long a step that the speaker refused waits before it is tried again.
constexpr auto kRetryAfter = std::chrono::seconds(1);
/// How long a stop may take for the withdrawals.
constexpr auto kStopPatience = std::chrono::seconds(20);

std::unique_ptr<Speaker> make_speaker(const SpeakerPolicy& policy) {
  switch (policy.type) {
    case SpeakerType::exabgp:
      return make_exabgp_speaker(STDIN_FILENO, STDOUT_FILENO);
    case SpeakerType::gobgp:
      return make_gobgp_speaker(policy);
    case SpeakerType::program:
      break;
  }
  return make_program_speaker(policy);
}

const char* verb(RouteStep::What what) {
  return what == RouteStep::What::announce ? "announce" : "withdraw";
}

class Announcer {
 public:
  Announcer(const Policy& policy, const AnnounceOptions& options)
      : policy_(policy),
        base_(client_url(options.url, options.password_file)),
        journal_(policy.state),
        reconciler_(policy),
        efficacy_(policy),
        telling_(policy, options.policy, base_, say),
        speaker_(make_speaker(policy.speaker)) {}

  int run() {
    if (!restore()) return kExitInput;
    say(policy_.dry_run ? "ready: a dry run, which announces nothing" : "ready");
    while (!interrupted()) {
      const auto began = SteadyClock::now();
      if (speaker_->has_ended()) {
        say("the speaker has ended");
        return kExitInput;
      }
      if (!policy_.dry_run && speaker_->has_forgotten()) {
        say("the speaker was started anew: its routes are announced again");
        announce_again();
      }
      const auto floods = ask();
      if (floods && !policy_.dry_run) judge(*floods);
      const bool changed = act(floods);
      if (floods) telling_.tell(reconciler_, efficacy_, changed);
      std::this_thread::sleep_until(std::max(began + kAskEvery, SteadyClock::now() + answer_took_));
    }
    return stop();
  }

 private:
  static void say(const std::string& line) {
    std::cerr << rfc3339(UtcClock().now()) << " announce: " << line << std::endl;
  }

  /// Takes up what an earlier run left: all of it is announced again, because the speaker may have
  /// been restarted too, and what no incident asks for is withdrawn as usual.
  bool restore() {
    Journal::Loaded loaded = journal_.load();
    if (!loaded.wrong.empty()) say(loaded.wrong);
    reconciler_.restore(std::move(loaded.routes));
    // Found out now, and not when the first route must be announced.
    if (const std::string wrong = journal_.save(reconciler_.standing()); !wrong.empty()) {
      say(wrong);
      return false;
    }
    if (!policy_.dry_run) announce_again();
    return true;
  }

  void announce_again() {
    for (const StandingRoute& standing : reconciler_.standing()) {
      const std::string wrong = speaker_->announce(standing.route);
      say(wrong.empty() ? "announced again: " + standing.route.text()
                        : "not announced again: " + standing.route.text() + ": " + wrong);
    }
  }

  std::optional<std::vector<OpenFlood>> ask() {
    const auto began = SteadyClock::now();
    try {
      const HttpReply reply = http_get(base_, kOpenIncidents, kSensorPatience);
      if (reply.status != 200) {
        throw NotReachable("the sensor at " + base_.host + " port " + base_.port +
                           " answers with status " + std::to_string(reply.status) +
                           (reply.status == 401 ? ": it wants another user and password" : ""));
      }
      auto floods = open_floods(nlohmann::ordered_json::parse(reply.body));
      if (!sensor_wrong_.empty()) say("the sensor answers again");
      sensor_wrong_.clear();
      answer_took_ = SteadyClock::now() - began;
      return floods;
    } catch (const std::exception& error) {
      if (sensor_wrong_ != error.what()) {
        say(std::string(error.what()) + "; routes stay until their time to live");
      }
      sensor_wrong_ = error.what();
      return std::nullopt;
    }
  }

  /// Finds routes that take nothing, and routes that did take something although they were found
  /// to take nothing.
  void judge(const std::vector<OpenFlood>& floods) {
    for (const Efficacy::Change& change :
         efficacy_.observe(UtcClock().now(), floods, reconciler_.standing())) {
      const std::string text = change.route.standing.route.text();
      if (change.what == Efficacy::Change::What::did_take) {
        say("it did take some of its flood, which grew without it: " + text);
        reconciler_.accept(text);
        continue;
      }
      telling_.count(AnnounceResult::ineffective);
      reconciler_.reject(text, took_nothing_text(change.route), change.route.until);
    }
    bool noted = false;
    for (const StandingRoute& standing : std::vector<StandingRoute>(reconciler_.standing())) {
      const std::string text = standing.route.text();
      const auto rate = efficacy_.flood_rate(text);
      if (!rate || UtcClock().now() - standing.since <= Efficacy::kRising) continue;
      noted = reconciler_.note_flood_rate(text, *rate) || noted;
    }
    if (noted) save();
  }

  static std::string took_nothing_text(const IneffectiveRoute& route) {
    char text[160];
    std::snprintf(text, sizeof(text),
                  "it took nothing: of %.0f packets/s that it matched, %.0f still arrive; tried "
                  "again after %.0f s",
                  route.measure.before_pps.value_or(0), route.measure.after_pps.value_or(0),
                  (route.until - route.at).seconds());
    return text;
  }

  /// Carries out what is due. True when something was done, or the reasons to do nothing changed.
  bool act(const std::optional<std::vector<OpenFlood>>& floods) {
    bool changed = false;
    for (const RouteStep& step : reconciler_.plan(UtcClock().now(), floods)) {
      const std::string key = verb(step.what) + (" " + step.route.text());
      if (const auto wait = retry_at_.find(key); wait != retry_at_.end()) {
        if (SteadyClock::now() < wait->second) continue;
        retry_at_.erase(wait);
      }
      const bool taken = take(step);
      changed = changed || taken;
      if (!taken) retry_at_[key] = SteadyClock::now() + kRetryAfter;
    }
    return tell_what_is_held_back(floods) || changed;
  }

  /// Carries one step out. False when it has to be tried again.
  bool take(const RouteStep& step) {
    const std::string what = verb(step.what) + (" " + step.route.text()) + " (" + step.incident +
                             ": " + step.reason + ")";
    if (policy_.dry_run) {
      say("would " + what);
      reconciler_.done(step, UtcClock().now());
      return true;
    }
    const bool announces = step.what == RouteStep::What::announce;
    if (announces && !note_intent(step)) return false;
    const std::string wrong =
        announces ? speaker_->announce(step.route) : speaker_->withdraw(step.route);
    if (!wrong.empty()) {
      telling_.count(AnnounceResult::failed);
      if (told_.insert_or_assign(what, wrong).second) say("cannot " + what + ": " + wrong);
      return false;
    }
    told_.erase(what);
    telling_.count(announces ? AnnounceResult::announced : AnnounceResult::withdrawn);
    reconciler_.done(step, UtcClock().now());
    say(what);
    save();
    return true;
  }

  void save() {
    if (const std::string unsaved = journal_.save(reconciler_.standing()); !unsaved.empty()) {
      say(unsaved);
    }
  }

  /// Writes a route to the journal before it is announced. Without a journal nothing is announced.
  bool note_intent(const RouteStep& step) {
    std::vector<StandingRoute> with = reconciler_.standing();
    const Nanoseconds now = UtcClock().now();
    with.push_back({.route = step.route,
                    .incident = step.incident,
                    .since = now,
                    .confirmed = now,
                    .promised_share = step.promised_share});
    const std::string wrong = journal_.save(with);
    if (wrong.empty()) return true;
    if (told_.insert_or_assign("journal", wrong).second) say("nothing is announced: " + wrong);
    return false;
  }

  /// Says each reason once while its incident is open, although a flood that pauses has none then.
  /// True when what is held back has changed.
  bool tell_what_is_held_back(const std::optional<std::vector<OpenFlood>>& floods) {
    std::map<std::string, std::string> held;
    for (const HeldBack& one : reconciler_.held_back()) held[one.incident] = one.reason;
    for (const auto& [incident, reason] : held) {
      std::string& said = said_[incident];
      if (said != reason) say("nothing is announced for " + incident + ": " + reason);
      said = reason;
    }
    if (floods) {
      std::set<std::string_view> open;
      for (const OpenFlood& flood : *floods) open.insert(flood.id);
      std::erase_if(said_, [&](const auto& entry) { return !open.contains(entry.first); });
    }
    const bool changed = held_ != held;
    held_ = std::move(held);
    return changed;
  }

  /// Withdraws everything, because nobody would withdraw it when its flood ends.
  int stop() {
    say("stopping");
    if (policy_.dry_run) return kExitDone;
    const auto deadline = SteadyClock::now() + kStopPatience;
    bool all = true;
    const std::vector<StandingRoute> standing = reconciler_.standing();
    for (const StandingRoute& one : standing) {
      const RouteStep step{RouteStep::What::withdraw, one.route, one.incident,
                           "floodgauge announce stops"};
      if (SteadyClock::now() > deadline || !take(step)) all = false;
    }
    telling_.tell(reconciler_, efficacy_, true);
    if (!all) say("some routes could not be withdrawn; they are in " + policy_.state);
    return all ? kExitDone : kExitInput;
  }

  Policy policy_;
  Url base_;
  Journal journal_;
  Reconciler reconciler_;
  Efficacy efficacy_;
  SensorTelling telling_;
  std::unique_ptr<Speaker> speaker_;
  std::string sensor_wrong_;
  /// So long a pause follows, so that many incidents do not keep the sensor busy all the time.
  SteadyClock::duration answer_took_{};
  std::map<std::string, SteadyClock::time_point> retry_at_;  ///< by step
  std::map<std::string, std::string> told_;                  ///< failures that were told, by step
  std::map<std::string, std::string> held_;                  ///< reasons of now, by incident
  std::map<std::string, std::string> said_;                  ///< reasons that were told, the same
};

}  // namespace

int run_announce(const AnnounceOptions& options) {
  const PolicyResult loaded = load_policy(options.policy);
  if (!loaded.policy) {
    std::cerr << config_errors_text(loaded.errors) << "\n";
    return kExitUsage;
  }
  catch_interrupts();
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return Announcer(*loaded.policy, options).run();
  } catch (const NotReachable& error) {
    std::cerr << error.what() << "\n";
    return kExitUsage;
  }
}

int check_policy(const std::string& path) {
  const PolicyResult loaded = load_policy(path);
  if (!loaded.policy) {
    std::cerr << config_errors_text(loaded.errors, "") << "\n";
    return kExitUsage;
  }
  std::cout << path << ": good" << (loaded.policy->dry_run ? "; a dry run" : "") << "\n";
  return kExitDone;
}

}  // namespace floodgauge
