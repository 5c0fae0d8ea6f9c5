// ServiceWatch: what the latest requests say, and since when.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "detectors/service_limits.h"
#include "detectors/service_watch.h"

namespace floodgauge {
namespace {

using service_limits::kCertain;
using service_limits::kDeviations;
using service_limits::kFailingShare;
using service_limits::kGoodMargin;
using service_limits::kGoodRequests;
using service_limits::kGoodShare;
using service_limits::kGoodSpan;
using service_limits::kLeastOfKnown;
using service_limits::kMoreRequests;
using service_limits::kPatienceWithin;
using service_limits::kSilentShare;
using service_limits::kSlowShare;
using service_limits::kSpan;

}  // namespace

/// Nobody was answered at all, of whatever class, while a flood hides the genuine clients.
bool ServiceWatch::has_been_silent(const ServiceSlices::Recent& recent, Nanoseconds now) const {
  Outcome all;
  const auto& slices = slices_.all();
  for (std::size_t s = recent.end; s-- > 0;) {
    all += slices[s].outcome_of_all();
    if (now - patience_ - slices[s].start >= kSpan) break;
  }
  return recent.end > 0 && slices[recent.end - 1].flooded && all.requests >= kLeastRequests &&
         all.answered == 0 && usual_requests_ * kSpan.seconds() >= 1;
}

/// The ratio of answers below which so many requests show that the service fails.
double ServiceWatch::failing_ratio(double requests) const {
  const double usual = lowest_usual_ratio();
  const double spread = std::sqrt(usual * (1 - usual) / std::max(requests, 1.0));
  return std::min(kFailingShare * usual, usual - kDeviations * spread);
}

/// Whether so few answers are no chance.
bool ServiceWatch::fails(const Outcome& outcome) const {
  const double ratio = std::min(1.0, outcome.answered / outcome.requests);
  if (ratio >= failing_ratio(outcome.requests)) return false;
  // A service that has answered every request so far may still leave the next one unanswered.
  const double usual = std::min(lowest_usual_ratio(), 1 - 1 / (learnt_ + 2));
  const double answered = ratio > 0 ? ratio * std::log(ratio / usual) : 0;
  const double others = ratio < 1 ? (1 - ratio) * std::log((1 - ratio) / (1 - usual)) : 0;
  return outcome.requests * (answered + others) >= kCertain;
}

/// What the latest requests leave open, more of them may tell.
bool ServiceWatch::fails_lately(const Outcome& latest, Nanoseconds now) const {
  if (fails(latest)) return true;
  return std::any_of(std::begin(kMoreRequests), std::end(kMoreRequests), [&](double times) {
    const double least = times * kLeastRequests;
    const auto more = slices_.recent({now, patience_, kPatienceWithin, least, kSpan});
    return more.outcome.requests >= least && fails(more.outcome);
  });
}

/// What became of the requests of known clients. `answered_within`: requests within connections
/// from before then have had their time.
Outcome ServiceWatch::of_known(const ServiceSlices::Recent& recent,
                               Nanoseconds answered_within) const {
  Outcome known;
  for (std::size_t s = recent.first; s < recent.end; ++s) {
    const ServiceSlice& slice = slices_.all()[s];
    known += slice.outcome_of_known(slice.end <= answered_within);
  }
  return known;
}

/// Whether the clients that were known before are answered as usual: then others that are not may
/// be a flood that has risen slowly.
bool ServiceWatch::serves(const Outcome& known) const {
  return known.requests >= kLeastOfKnown &&
         known.answered >= failing_ratio(known.requests) * known.requests &&
         known.not_fast() - usual_not_fast_ * known.requests <= kSlowShare * known.requests;
}

/// Most of the latest requests were not answered in the usual time, though answers come, or the
/// connections were accepted. What waits for longer than an answer may take is late already.
Condition ServiceWatch::condition_of_slowness(Nanoseconds now) const {
  const Nanoseconds slow{static_cast<std::int64_t>(slow_above_ * 1e9)};
  const auto latest = slices_.recent({now, slow, slow, kLeastRequests, kSpan});
  const Outcome& outcome = latest.outcome;
  if (outcome.requests < kLeastRequests) return Condition::normal;
  double within = 0;
  for (std::size_t s = latest.first; s < latest.end; ++s) {
    for (const std::uint32_t asked : slices_.all()[s].asked_within) within += asked;
  }
  const bool answers_come =
      outcome.answered >= kLeastRequests / 4 || within >= kSlowShare * outcome.requests;
  const double late = outcome.not_fast() - usual_not_fast_ * outcome.requests;
  const bool is_slow = answers_come && late > kSlowShare * outcome.requests;
  return is_slow && !serves(of_known(latest, now - slow)) ? Condition::slow : Condition::normal;
}

ServiceWatch::Findings ServiceWatch::find(Nanoseconds now) {
  Findings found;
  const auto latest = slices_.recent({now, patience_, kPatienceWithin, kLeastRequests, kSpan});
  const Outcome& outcome = latest.outcome;
  const bool enough = outcome.requests >= kLeastRequests;
  ratio_now_.reset();
  // In a flood few requests are of known clients, and the latest of them may be from before it.
  const bool nobody = has_been_silent(latest, now);
  if (nobody) {
    nobody_answered_ = true;
    found.certain = true;
    found.condition = Condition::silent;
  } else if (enough) {
    const double ratio = std::min(1.0, outcome.answered / outcome.requests);
    ratio_now_ = ratio;
    found.certain = true;
    // Answers that come later than patience lasts show that the service is slow.
    const bool late_ones =
        answers_before_ + answers_in_second_ >= 0.25 * outcome.requests && ratio <= kSilentShare;
    if (late_ones) {
      found.condition = Condition::slow;
    } else if (ratio <= kSilentShare) {
      found.condition = Condition::silent;
    } else if (fails_lately(outcome, now)) {
      found.condition = Condition::failing;
    }
    const Outcome known = of_known(latest, now - kPatienceWithin);
    if (found.condition != Condition::normal && serves(known)) {
      found.condition = Condition::normal;
      found.certain = false;
      ratio_now_ = std::min(1.0, known.answered / known.requests);
    }
  }
  for (std::size_t s = latest.first; s < latest.end; ++s) {
    ServiceSlice& slice = slices_.all()[s];
    const Outcome of = slice.outcome(slice.end + kPatienceWithin <= now);
    if (found.condition == Condition::silent && !slice.judged_silent) {
      slice.judged_silent = true;
      silent_requests_ += of.requests;
      silent_answered_ += of.answered;
    } else if (found.condition == Condition::failing && !slice.judged_failing) {
      slice.judged_failing = true;
      failing_requests_ += of.requests;
      failing_answered_ += of.answered;
    }
  }
  if (found.condition == Condition::normal) found.condition = condition_of_slowness(now);
  const Nanoseconds slow{static_cast<std::int64_t>(slow_above_ * 1e9)};
  const auto newest = slices_.recent({now, slow, slow, kGoodRequests, kGoodSpan});
  const double most = std::max(kGoodShare, usual_not_fast_ + kGoodMargin);
  const auto is_good = [most](const Outcome& of) {
    return of.requests >= kGoodRequests && of.not_fast() <= most * of.requests;
  };
  found.good = !nobody && (is_good(newest.outcome) || is_good(of_known(newest, now - slow)));
  return found;
}

/// The slice at which the outcome changed, to bad or to good: from it on the sum of deviations from
/// the middle between good and bad is greatest.
std::size_t ServiceWatch::change_point(bool to_bad, std::size_t from, Nanoseconds now) const {
  const auto& slices = slices_.all();
  const Nanoseconds slow{static_cast<std::int64_t>(slow_above_ * 1e9)};
  const double bad = impact_ ? std::max(0.5, 1 - impact_->answer_ratio_worst) : 1;
  const double middle = std::clamp((usual_not_fast_ + bad) / 2, 0.1, 0.9);
  std::size_t end = slices.size();
  while (end > from && slices[end - 1].end + slow > now) --end;
  double sum = 0;
  double greatest = 0;
  std::size_t change = end > from ? end - 1 : from;
  for (std::size_t s = end; s-- > from;) {
    const Outcome outcome = slices[s].outcome_in_hindsight();
    const double deviation = outcome.not_fast() - middle * outcome.requests;
    sum += to_bad ? deviation : -deviation;
    if (outcome.requests > 0 && sum >= greatest) {
      greatest = sum;
      change = s;
    }
  }
  return change;
}

}  // namespace floodgauge
