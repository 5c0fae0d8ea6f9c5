#include "detectors/service_watch.h"

#include <algorithm>
#include <cmath>

#include "detectors/service_limits.h"

namespace floodgauge {
namespace {

using service_limits::kCompletedShare;
using service_limits::kEpoch;
using service_limits::kFadeEvery;
using service_limits::kFailingShare;
using service_limits::kFloodFactor;
using service_limits::kFloodPerSecond;
using service_limits::kForgedPerSecond;
using service_limits::kGoodFor;
using service_limits::kLeastMemory;
using service_limits::kLeastPatience;
using service_limits::kLeastResponses;
using service_limits::kMemory;
using service_limits::kMostPatience;
using service_limits::kMostResponses;
using service_limits::kNobodyAsks;
using service_limits::kPatienceFactor;
using service_limits::kPatienceWithin;
using service_limits::kRatioMemory;
using service_limits::kSlowFactor;
using service_limits::kSlowOfP90;
using service_limits::kSlowSeconds;
using service_limits::kSpan;

std::size_t class_of(const ServiceAnswer& answer) {
  return static_cast<std::size_t>(answer.client);
}

}  // namespace

void ServiceWatch::note_flood(ServiceSlice& slice) const {
  const double seconds = slices_.length().seconds();
  const double limit = kFloodFactor * usual_other_ + kFloodPerSecond;
  const double others = slice.asked[static_cast<std::size_t>(ClientClass::other)];
  if (seconds_ == 0 && asked_from_begin()) return;
  slice.flooded = slice.flooded || flooded_second_ || others > limit * seconds;
}

void ServiceWatch::add(const ServiceTotals& totals, std::span<const ServiceAnswer> answers,
                       Nanoseconds start) {
  if (!first_seen_) {
    first_seen_ = epoch_ = faded_ = start;
    second_ = start;
  }
  const ServiceCounts& counts = totals.counts;
  const std::uint32_t asked = counts.asked[0] + counts.asked[1] + counts.asked_within[0] +
                              counts.asked_within[1] + counts.unsampled_answers[0] +
                              counts.unsampled_answers[1];
  if (asked != 0) {
    last_asked_ = start;
    ServiceSlice& slice = *slices_.at(start, true);
    all_ -= slice.outcome(true);
    if (slice.first_request.count == 0) slice.first_request = totals.first_request;
    for (std::size_t c = 0; c < kClientClasses; ++c) {
      slice.asked[c] += counts.asked[c];
      slice.asked_within[c] += counts.asked_within[c];
      slice.answered[c] += counts.unsampled_answers[c];
    }
    note_flood(slice);
    for (std::size_t c = 0; c < kClientClasses; ++c) {
      const bool genuine = !slice.flooded || c == static_cast<std::size_t>(ClientClass::known);
      if (genuine) answers_in_second_ += counts.unsampled_answers[c];
    }
    all_ += slice.outcome(true);
    const Outcome outcome = slice.outcome(true);
    requests_in_second_ += slice.flooded ? std::min<double>(outcome.requests, asked) : asked;
    others_in_second_ += counts.asked[static_cast<std::size_t>(ClientClass::other)];
  }
  accepted_in_second_ += counts.accepted;
  completed_in_second_ += counts.completed;
  for (const ServiceAnswer& answer : answers) add_answer(answer);
}

/// Leaves out what clients that were not known have asked since then.
void ServiceWatch::mark_flooded(Nanoseconds since) {
  for (ServiceSlice& slice : slices_.all()) {
    if (slice.start < since || slice.flooded) continue;
    const Outcome before = slice.outcome(true);
    slice.flooded = true;
    Outcome change = slice.outcome(true);
    change -= before;
    all_ += change;
    if (impact_ && slice.index < start_index_) base_ += change;
  }
}

void ServiceWatch::add_answer(const ServiceAnswer& answer) {
  ServiceSlice* const slice = slices_.at(answer.requested, false);
  const bool is_answer = answer.kind != ServiceAnswer::Kind::accepted;
  has_answered_ = has_answered_ || is_answer;
  // What a flood is answered says nothing of the genuine clients.
  const bool flooded = slice != nullptr ? slice->flooded : flooded_second_;
  if (is_answer && (!flooded || answer.client == ClientClass::known)) {
    ++answers_in_second_;
    if (answer.timed) {
      const double seconds = double{answer.seconds};
      if (responses_.size() < kMostResponses) responses_.push_back(answer.seconds);
      if (condition_ == Condition::normal) fresh_.add(seconds);
      hour_.add_answer(seconds);
    }
  }
  if (slice == nullptr) return;
  const std::size_t c = class_of(answer);
  const Outcome before = slice->outcome(true);
  switch (answer.kind) {
    case ServiceAnswer::Kind::answered:
      ++slice->answered[c];
      break;
    case ServiceAnswer::Kind::answered_within:
      ++slice->answered_within[c];
      break;
    case ServiceAnswer::Kind::accepted:
      ++slice->accepted[c];
      slice->accepted_late[c] += answer.timed && double{answer.seconds} > slow_above_;
      break;
  }
  slice->slow[c] += is_answer && answer.timed && double{answer.seconds} > slow_above_;
  const Outcome after = slice->outcome(true);
  all_ -= before;
  all_ += after;
  const double answered = after.answered - before.answered;
  if (slice->judged_silent) silent_answered_ += answered;
  if (slice->judged_failing) failing_answered_ += answered;
}

void ServiceWatch::update_limits() {
  const auto median = usual_.quantile(0.5);
  if (!median) return;
  usual_median_ = median;
  slow_above_ = std::max({*median * kSlowFactor, *usual_.quantile(0.9) * kSlowOfP90,
                          *median + kSlowSeconds, slow_at_this_hour()});
  const double patience = kPatienceFactor * *usual_.quantile(0.99);
  patience_ = std::clamp(Nanoseconds{static_cast<std::int64_t>(patience * 1e9)}, kLeastPatience,
                         kMostPatience);
}

void ServiceWatch::set_usual(const std::optional<ServiceHour>& usual) {
  usual_hour_ = usual;
  update_limits();
}

/// Learns the response times of the epoch before the last.
void ServiceWatch::learn_epoch(Nanoseconds now) {
  if (condition_ != Condition::normal) {
    fresh_ = waiting_ = DdSketch{};
    epoch_ = now;
    return;
  }
  if (now - epoch_ < kEpoch) return;
  usual_.merge(waiting_);
  waiting_ = fresh_;
  fresh_ = DdSketch{};
  epoch_ = now;
  if (now - faded_ >= kFadeEvery) {
    usual_.fade();
    faded_ = now;
  }
  update_limits();
}

void ServiceWatch::close_second(Nanoseconds now) {
  const double seconds = (now - *second_).seconds();
  if (seconds < 0.999) return;
  const Nanoseconds begin = std::exchange(*second_, now);
  note_for_hour(now);
  response_now_.reset();
  if (responses_.size() >= kLeastResponses) {
    const auto middle = responses_.begin() + static_cast<std::ptrdiff_t>(responses_.size() / 2);
    std::nth_element(responses_.begin(), middle, responses_.end());
    response_now_ = double{*middle};
  }
  if (impact_ && response_now_ &&
      *response_now_ > impact_->response_seconds_worst.value_or(usual_median_.value_or(0))) {
    impact_->response_seconds_worst = response_now_;
  }
  responses_.clear();
  answers_before_ = std::exchange(answers_in_second_, 0);
  const double others = std::exchange(others_in_second_, 0) / seconds;
  const double requests = std::exchange(requests_in_second_, 0) / seconds;
  const double limit = kFloodFactor * usual_other_ + kFloodPerSecond;
  const double accepted = std::exchange(accepted_in_second_, 0);
  const double completed = std::exchange(completed_in_second_, 0);
  const bool forged =
      accepted - completed > kForgedPerSecond * seconds && completed < kCompletedShare * accepted;
  if (forged) mark_flooded(begin);
  flooded_second_ = forged || ((seconds_ > 0 || !asked_from_begin()) && others > limit);
  if (condition_ != Condition::normal) return;
  const double memory = std::min(kMemory, double(++seconds_));
  // What asks at the begin of all traffic is usual. Of a service that is asked for the first time
  // later, and of a flood, it is learnt slowly, so that a lasting change is usual at last.
  if (seconds_ == 1 && asked_from_begin()) {
    usual_other_ = forged ? std::min(others, limit) : others;
  } else {
    usual_other_ += (std::min(others, limit) - usual_other_) / std::max(memory, kLeastMemory);
  }
  usual_requests_ += (requests - usual_requests_) / memory;
}

void ServiceWatch::judge(Nanoseconds now) {
  ended_.reset();
  if (!impact_) nobody_answered_ = false;
  if (!first_seen_) return;
  close_second(now);
  learn_epoch(now);
  if (!has_answered_) return;
  const Findings found = find(now);
  if (impact_) return follow(found, now);
  if (!is_known() || found.condition == Condition::normal) {
    if (found.certain && ratio_now_) {
      const double weight = 1 / std::min(kRatioMemory / 20, learnt_ / 20 + 1);
      usual_ratio_ += (*ratio_now_ - usual_ratio_) * weight;
      learnt_ += kLeastRequests;
      const Nanoseconds slow{static_cast<std::int64_t>(slow_above_ * 1e9)};
      const auto newest =
          slices_.recent({now, std::max(slow, patience_), kPatienceWithin, kLeastRequests, kSpan});
      if (newest.outcome.requests > 0) {
        const double share =
            std::clamp(newest.outcome.not_fast() / newest.outcome.requests, 0.0, 1.0);
        usual_not_fast_ += (share - usual_not_fast_) * weight;
      }
    }
    return;
  }
  open(found.condition, now);
}

void ServiceWatch::open(Condition condition, Nanoseconds now) {
  impact_.emplace();
  impact_->answer_ratio_before = usual_ratio_;
  impact_->answer_ratio_worst = ratio_now_.value_or(condition == Condition::silent ? 0 : 1);
  impact_->response_seconds_before = usual_median_;
  condition_ = condition;
  const std::size_t first = change_point(true, 0, now);
  const ServiceSlice& slice = slices_.all()[first];
  impact_->start = slice.first_request.count != 0 ? slice.first_request : slice.start;
  start_index_ = slice.index;
  base_ = all_;
  for (std::size_t s = first; s < slices_.all().size(); ++s) {
    base_ -= slices_.all()[s].outcome(true);
  }
  good_since_.reset();
  count_impact();
  impact_->now = condition;
  impact_->condition = condition;
  impact_->changes.push_back({impact_->start, condition, response_now_});
}

/// The first of the latest requests of which none was answered.
Nanoseconds ServiceWatch::silent_since(Nanoseconds now) const {
  const auto& slices = slices_.all();
  Nanoseconds since = now;
  for (std::size_t s = slices.size(); s-- > 0;) {
    if (slices[s].index < start_index_ || slices[s].outcome_of_all().answered > 0) break;
    since = slices[s].first_request.count != 0 ? slices[s].first_request : slices[s].start;
  }
  return since;
}

/// Notes a change for the story. A service that recovers is told once it is normal.
void ServiceWatch::note_change(Condition condition, Nanoseconds now) {
  if (condition == Condition::recovering) return;
  auto& changes = impact_->changes;
  if (changes.back().condition == condition || changes.size() >= ServerImpact::kMostChanges) return;
  const Nanoseconds time = condition == Condition::silent
                               ? std::max(silent_since(now), changes.back().time)
                               : std::max(now - kSpan, changes.back().time);
  // What was on its way to be worse, or was seen late, is one step.
  if (time - changes.back().time < kSpan && condition > changes.back().condition) {
    changes.back().condition = condition;
    return;
  }
  changes.push_back({time, condition, response_now_});
}

void ServiceWatch::count_impact() {
  impact_->requests =
      static_cast<std::uint64_t>(std::llround(std::max(0.0, all_.requests - base_.requests)));
  impact_->answered = std::min(
      impact_->requests,
      static_cast<std::uint64_t>(std::llround(std::max(0.0, all_.answered - base_.answered))));
}

/// The worst that was reached, as it is known by now: what was called silent may have been slow.
Condition ServiceWatch::worst() const {
  if (nobody_answered_) return Condition::silent;
  if (silent_requests_ > 0 && silent_answered_ < 0.5 * silent_requests_) return Condition::silent;
  if (failing_requests_ > 0 &&
      failing_answered_ < kFailingShare * lowest_usual_ratio() * failing_requests_) {
    return Condition::failing;
  }
  const bool lost_much =
      static_cast<double>(impact_->answered) <
      kFailingShare * lowest_usual_ratio() * static_cast<double>(impact_->requests);
  return silent_requests_ + failing_requests_ > 0 && lost_much ? Condition::failing
                                                               : Condition::slow;
}

void ServiceWatch::follow(const Findings& found, Nanoseconds now) {
  if (ratio_now_) impact_->answer_ratio_worst = std::min(impact_->answer_ratio_worst, *ratio_now_);
  count_impact();
  if (found.condition != Condition::normal && !found.good) {
    condition_ = found.condition;
    good_since_.reset();
    note_change(condition_, now);
  } else if (found.good) {
    if (!good_since_) good_since_ = now;
    condition_ = Condition::recovering;
  } else {
    good_since_.reset();
  }
  impact_->now = condition_;
  impact_->condition = worst();
  if (good_since_ && now - *good_since_ >= kGoodFor && is_settled(now)) return close(now);
  if (now - last_asked_ >= kNobodyAsks) close(now);
}

/// Whether no request from before the service was well again may still be answered slowly.
bool ServiceWatch::is_settled(Nanoseconds now) const {
  return std::none_of(slices_.all().begin(), slices_.all().end(), [&](const ServiceSlice& slice) {
    if (slice.index < start_index_ || slice.start >= *good_since_) return false;
    const Outcome outcome = slice.outcome(true);
    return slice.asked_within[0] + slice.asked_within[1] > 0 &&
           outcome.answered < outcome.requests && slice.end + kPatienceWithin > now;
  });
}

void ServiceWatch::close(Nanoseconds now) {
  const auto& slices = slices_.all();
  std::size_t from = 0;
  while (from < slices.size() && slices[from].index <= start_index_) ++from;
  if (from < slices.size() && good_since_) {
    const std::size_t end = change_point(false, from, now);
    const ServiceSlice& slice = slices[end];
    const Nanoseconds asked = slice.first_request.count != 0 ? slice.first_request : slice.start;
    const double response = usual_median_.value_or(0);
    impact_->end = asked + Nanoseconds{static_cast<std::int64_t>(response * 1e9)};
    for (std::size_t s = end; s < slices.size(); ++s) all_ -= slices[s].outcome(true);
    count_impact();
    for (std::size_t s = end; s < slices.size(); ++s) all_ += slices[s].outcome(true);
    slices_.forget_before(slice.index);
  } else {
    impact_->end = last_asked_;
    if (!slices.empty()) slices_.forget_before(slices.back().index + 1);
  }
  impact_->now = Condition::normal;
  ended_ = std::exchange(impact_, std::nullopt);
  condition_ = Condition::normal;
  silent_requests_ = silent_answered_ = failing_requests_ = failing_answered_ = 0;
  nobody_answered_ = false;
  good_since_.reset();
}

}  // namespace floodgauge
