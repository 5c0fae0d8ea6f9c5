#include "engine/app/announce.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <memory>
#include <thread>

#include "config/policy.h"
#include "engine/app/config_errors.h"
#include "engine/app/exit_code.h"
#include "engine/app/interrupt.h"
#include "engine/app/open_floods.h"
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
  Announcer(const Policy& policy, const std::string& url)
      : policy_(policy),
        base_(parse_url(url)),
        url_(url),
        journal_(policy.state),
        reconciler_(policy),
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
      act(ask());
      std::this_thread::sleep_until(began + kAskEvery);
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
    try {
      const HttpReply reply = http_get(base_, "/api/v1/incidents?state=open", kSensorPatience);
      if (reply.status != 200) {
        throw NotReachable(url_ + " answers with status " + std::to_string(reply.status));
      }
      auto floods = open_floods(nlohmann::ordered_json::parse(reply.body));
      if (!sensor_wrong_.empty()) say("the sensor answers again");
      sensor_wrong_.clear();
      return floods;
    } catch (const std::exception& error) {
      if (sensor_wrong_ != error.what()) {
        say(std::string(error.what()) + "; routes stay until their time to live");
      }
      sensor_wrong_ = error.what();
      return std::nullopt;
    }
  }

  void act(const std::optional<std::vector<OpenFlood>>& floods) {
    for (const RouteStep& step : reconciler_.plan(UtcClock().now(), floods)) {
      const std::string key = verb(step.what) + (" " + step.route.text());
      if (const auto wait = retry_at_.find(key); wait != retry_at_.end()) {
        if (SteadyClock::now() < wait->second) continue;
        retry_at_.erase(wait);
      }
      if (!take(step)) retry_at_[key] = SteadyClock::now() + kRetryAfter;
    }
    tell_what_is_held_back();
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
      if (told_.insert_or_assign(what, wrong).second) say("cannot " + what + ": " + wrong);
      return false;
    }
    told_.erase(what);
    reconciler_.done(step, UtcClock().now());
    say(what);
    if (const std::string unsaved = journal_.save(reconciler_.standing()); !unsaved.empty()) {
      say(unsaved);
    }
    return true;
  }

  /// Writes a route to the journal before it is announced. Without a journal nothing is announced.
  bool note_intent(const RouteStep& step) {
    std::vector<StandingRoute> with = reconciler_.standing();
    const Nanoseconds now = UtcClock().now();
    with.push_back({step.route, step.incident, now, now});
    const std::string wrong = journal_.save(with);
    if (wrong.empty()) return true;
    if (told_.insert_or_assign("journal", wrong).second) say("nothing is announced: " + wrong);
    return false;
  }

  void tell_what_is_held_back() {
    std::map<std::string, std::string> held;
    for (const HeldBack& one : reconciler_.held_back()) held[one.incident] = one.reason;
    for (const auto& [incident, reason] : held) {
      const auto before = held_.find(incident);
      if (before == held_.end() || before->second != reason) {
        say("nothing is announced for " + incident + ": " + reason);
      }
    }
    held_ = std::move(held);
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
    if (!all) say("some routes could not be withdrawn; they are in " + policy_.state);
    return all ? kExitDone : kExitInput;
  }

  Policy policy_;
  Url base_;
  std::string url_;
  Journal journal_;
  Reconciler reconciler_;
  std::unique_ptr<Speaker> speaker_;
  std::string sensor_wrong_;
  std::map<std::string, SteadyClock::time_point> retry_at_;  ///< by step
  std::map<std::string, std::string> told_;                  ///< failures that were told, by step
  std::map<std::string, std::string> held_;                  ///< by incident
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
  return Announcer(*loaded.policy, options.url).run();
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
