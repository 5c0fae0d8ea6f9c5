#include "detectors/service_slices.h"

#include <algorithm>

namespace floodgauge {

void ServiceSlice::add_class(std::size_t c, bool patient, Outcome& sum) const {
  const double openly = std::max(0.0, double(asked[c]) - accepted[c]);
  const double answers = double(answered[c]) + answered_within[c];
  sum.requests += openly + (patient ? asked_within[c] : answered_within[c]);
  sum.answered += answers;
  sum.fast += answers - slow[c];
}

Outcome ServiceSlice::outcome(bool patient) const {
  Outcome sum;
  add_class(static_cast<std::size_t>(ClientClass::known), patient, sum);
  if (!flooded) add_class(static_cast<std::size_t>(ClientClass::other), patient, sum);
  return sum;
}

Outcome ServiceSlice::outcome_of_known(bool patient) const {
  Outcome sum;
  add_class(static_cast<std::size_t>(ClientClass::known), patient, sum);
  return sum;
}

Outcome ServiceSlice::outcome_in_hindsight() const {
  Outcome sum = outcome(true);
  for (std::size_t c = 0; c < kClientClasses; ++c) {
    if (flooded && c != static_cast<std::size_t>(ClientClass::known)) continue;
    sum.requests += accepted_late[c];
    sum.answered += accepted_late[c];
  }
  return sum;
}

Outcome ServiceSlice::outcome_of_all() const {
  Outcome sum;
  for (std::size_t c = 0; c < kClientClasses; ++c) add_class(c, true, sum);
  return sum;
}

ServiceSlice* ServiceSlices::at(Nanoseconds time, bool begin) {
  if (time < origin_) return nullptr;
  const std::int64_t index = (time - origin_).count / length_.count;
  for (std::size_t back = slices_.size(); back-- > 0;) {
    if (slices_[back].index == index) return &slices_[back];
    if (slices_[back].index < index) break;
  }
  if (!begin || (!slices_.empty() && slices_.back().index > index)) return nullptr;
  if (slices_.size() == kMost) slices_.pop_front();
  ServiceSlice& slice = slices_.emplace_back();
  slice.index = index;
  slice.start = origin_ + length_ * index;
  slice.end = slice.start + length_;
  return &slice;
}

ServiceSlices::Recent ServiceSlices::recent(const Wanted& wanted) const {
  Recent recent;
  recent.end = slices_.size();
  while (recent.end > 0 && slices_[recent.end - 1].end + wanted.patience > wanted.now) --recent.end;
  recent.first = recent.end;
  while (recent.first > 0 && slices_[recent.first - 1].index >= oldest_) {
    const ServiceSlice& slice = slices_[--recent.first];
    recent.outcome += slice.outcome(slice.end + wanted.patience_within <= wanted.now);
    if (recent.outcome.requests >= wanted.least &&
        wanted.now - wanted.patience - slice.start >= wanted.span) {
      break;
    }
  }
  return recent;
}

}  // namespace floodgauge
