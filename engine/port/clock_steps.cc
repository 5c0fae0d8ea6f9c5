#include "engine/port/clock_steps.h"

#include <algorithm>
#include <cstdlib>

namespace floodgauge {
namespace {

/// a - b - c, at most kLatestCaptureTime in either direction. Damaged captures have times anywhere,
/// and what is put right once may be put right again, so that plain differences would overflow.
std::int64_t apart(std::int64_t a, std::int64_t b, std::int64_t c = 0) {
  using Wide = __int128;
  constexpr Wide kMost = kLatestCaptureTime;
  return static_cast<std::int64_t>(std::clamp(
      static_cast<Wide>(a) - static_cast<Wide>(b) - static_cast<Wide>(c), -kMost, kMost));
}

/// A corrected time, within the bounds of times of captures.
std::int64_t within_times(std::int64_t time) {
  return std::clamp<std::int64_t>(time, 0, kLatestCaptureTime);
}

/// So many records are compared with each other at the beginning, where no packet came before.
constexpr std::size_t kCompared = ClockSteps::kMostOutliers + 1;
/// A first time that is so far behind the next ones is wrong: a device whose clock was not set yet.
constexpr std::int64_t kYear = std::int64_t{366} * 86'400 * 1'000'000'000;
/// A record that comes back is compared with so many of the last steps ahead.
constexpr std::size_t kComparedSteps = 64;
/// After so many times set aside in a row, an interface's clock is taken for another one.
constexpr unsigned kOwnClock = 4;

/// Number of records at the beginning whose times do not belong to the times after them: they are
/// not in the longest sequence in which no time is earlier than the one before by more than
/// `bound`. Of sequences of equal length, that with the earliest begin is taken.
std::size_t wrong_at_begin(const std::vector<CaptureRecord>& records, std::int64_t bound) {
  const std::size_t size = records.size();
  std::array<std::size_t, kCompared> length{};  // of the longest sequence that begins here
  std::size_t best = size;
  for (std::size_t at = size; at-- > 0;) {
    if (records[at].time < 0) continue;
    length[at] = 1;
    for (std::size_t next = at + 1; next < size; ++next) {
      const bool follows = length[next] > 0 && records[next].time >= records[at].time - bound;
      if (follows) length[at] = std::max(length[at], length[next] + 1);
    }
    if (best == size || length[at] >= length[best]) best = at;
  }
  if (best == size) return 0;
  std::int64_t before = records[best].time;
  for (std::size_t at = best + 1; at < size; ++at) {
    if (records[at].time < 0) continue;
    if (records[at].time - before > kYear && size - at > at) return at;
    before = records[at].time;
  }
  return best;
}

}  // namespace

ClockSteps::Interface& ClockSteps::port_of(std::uint32_t interface) {
  if (interface >= interfaces_.size()) interfaces_.resize(interface + 1);
  return interfaces_[interface];
}

void ClockSteps::take(const CaptureRecord& record) {
  if (begun_) return judge(record);
  begin_.push_back(record);
  if (begin_.size() == kCompared) begin();
}

/// The first records: those that are wrong take the time of the first that is not.
void ClockSteps::begin() {
  begun_ = true;
  const std::size_t wrong = wrong_at_begin(begin_, bound_);
  for (std::size_t at = 0; at < begin_.size(); ++at) {
    CaptureRecord record = begin_[at];
    if (at < wrong) {
      if (record.time >= 0) clock_.jump(1, std::abs(record.time - begin_[wrong].time));
      record.time = begin_[wrong].time;
    }
    judge(record);
  }
  begin_.clear();
}

void ClockSteps::judge(CaptureRecord record) {
  Interface& port = port_of(record.interface);
  ++port.records;
  if (number() == 0) first_interface_ = record.interface;
  several_ = several_ || record.interface != first_interface_;
  if (record.time < 0) {
    if (record.time == kDamagedTime) clock_.jump(1, 0);
    record.time = std::max<std::int64_t>(latest_, 0);
  } else {
    clock_.stamped += record.time != 0 ? 1 : 0;
    if (latest_ < 0) latest_ = record.time;
    record.time = placed(port, record.time, record.interface);
    clock_.reordered += record.time < latest_ ? 1 : 0;
    latest_ = std::max(latest_, record.time);
  }
  waiting_.push_back(record);
  waiting_bytes_ += record.frame.captured;
  stop_waiting();
}

/// The corrected time of a record for which the file gives the time `raw`.
std::int64_t ClockSteps::placed(Interface& port, std::int64_t raw, std::uint32_t interface) {
  const auto outside = [&] { return std::abs(apart(raw, port.offset, latest_)) > bound_; };
  if (outside() && !fits_before(port, raw, interface)) {
    const std::int64_t step = apart(raw, port.offset, latest_);
    if (step > 0 || !comes_back(-step, interface)) undoes_shift(port, step);
  }
  if (outside()) {
    const std::int64_t step = apart(raw, port.offset, latest_);
    const Mark mark{number(),    interface,   port.records, latest_,
                    port.offset, port.shifts, step,         clock_.jumps};
    marks_.push_back(mark);
    if (marks_.size() > 2 * kMostOutliers) marks_.pop_front();
    if (step > 0) {
      steps_.push_back(mark);
    } else {
      clock_.jump(1, -step);
      add_shift(port, step);
    }
  }
  return within_times(apart(raw, port.offset));
}

/// Number of records of the mark's interface from the mark on, without the record that is judged.
std::uint64_t ClockSteps::since(const Mark& mark, std::uint32_t interface) const {
  return interfaces_[mark.interface].records - mark.records + (mark.interface == interface ? 0 : 1);
}

/// Whether the time fits what was before one of the last few records that were outside the bound.
/// Then that record, and those of its interface after it, are set aside.
bool ClockSteps::fits_before(Interface& port, std::int64_t raw, std::uint32_t interface) {
  std::erase_if(marks_, [&](const Mark& mark) { return since(mark, interface) > kMostOutliers; });
  for (std::size_t at = 0; at < marks_.size(); ++at) {
    const Mark mark = marks_[at];
    const bool own = mark.interface == interface;
    if (!own && mark.step < 0) continue;
    const std::int64_t time = apart(raw, own ? mark.offset : port.offset);
    // After a time behind, packets may fail to come for any time.
    const std::int64_t most = std::max(bound_, mark.step / 2);
    const bool late = mark.step > 0 && apart(time, mark.latest) > most;
    if (apart(time, mark.latest) < -bound_ || late) continue;
    // Times of a capture that was appended to another come back in small steps.
    if (std::abs(apart(raw, port.offset, latest_)) < std::abs(mark.step) / 4 * 3) continue;
    set_aside(mark, time, interface);
    marks_.resize(at);
    return true;
  }
  return false;
}

/// `time`: of the record that fits what was before the mark.
void ClockSteps::set_aside(const Mark& mark, std::int64_t time, std::uint32_t interface) {
  const std::uint64_t wrong = since(mark, interface);
  std::int64_t largest = 0;
  for (const Mark& other : marks_) {
    if (other.number >= mark.number) largest = std::max(largest, std::abs(other.step));
  }
  // Some may have been counted already: each step back is, at once.
  clock_.jump(wrong - std::min(wrong, clock_.jumps - mark.jumps), largest);
  latest_ = mark.latest;
  for (std::uint64_t at = std::max(mark.number, removed_); at < number(); ++at) {
    CaptureRecord& record = waiting_[at - removed_];
    if (record.time > std::max(mark.latest, time) + bound_) record.time = mark.latest;
    latest_ = std::max(latest_, record.time);
  }
  while (!steps_.empty() && steps_.back().number >= mark.number) steps_.pop_back();
  Interface& wrong_port = interfaces_[mark.interface];
  wrong_port.offset = mark.offset;
  wrong_port.shifts = mark.shifts;
  note_own_clock(mark, interface);
}

/// An interface whose times are wrong again and again by those of another one has its own clock.
void ClockSteps::note_own_clock(const Mark& step, std::uint32_t interface) {
  Interface& port = interfaces_[step.interface];
  if (step.interface == interface || ++port.set_aside < kOwnClock) return;
  port.set_aside = 0;
  add_shift(port, step.step);
}

/// Whether two steps undo each other: they are equal but for the time that passed at both.
bool ClockSteps::similar(std::int64_t forward, std::int64_t backward) const {
  const std::int64_t passed = apart(forward, backward);
  return passed >= -bound_ && passed <= std::max(backward / 8, 2 * bound_);
}

/// Whether a time that is behind by `back` undoes a step ahead.
bool ClockSteps::comes_back(std::int64_t back, std::uint32_t interface) {
  const std::size_t oldest = steps_.size() - std::min(steps_.size(), kComparedSteps);
  for (std::size_t at = steps_.size(); at-- > oldest;) {
    if (!similar(steps_[at].step, back)) continue;
    const Mark step = steps_[at];
    steps_.erase(steps_.begin() + static_cast<std::ptrdiff_t>(at));
    undo(step, interface);
    return true;
  }
  return false;
}

/// The clock was wrong from the step until now: the times in between are moved back by the step.
void ClockSteps::undo(const Mark& step, std::uint32_t interface) {
  clock_.jump(2, step.step);  // there and back
  const std::int64_t least = apart(step.latest, -step.step, bound_);
  for (std::uint64_t at = step.number; at < number(); ++at) {
    CaptureRecord& record = waiting_[at - removed_];
    if (record.time >= least) record.time = within_times(apart(record.time, step.step));
  }
  latest_ = within_times(apart(latest_, step.step));
  for (Mark& later : steps_) {
    if (later.number > step.number) later.latest = within_times(apart(later.latest, step.step));
  }
  marks_.clear();
  note_own_clock(step, interface);
}

/// Whether the time's step undoes the interface's last shift; then the shift ends.
bool ClockSteps::undoes_shift(Interface& port, std::int64_t step) {
  if (port.shifts == 0) return false;
  const std::int64_t shift = port.shift[port.shifts - 1];
  const bool undone =
      step > 0 ? shift < 0 && similar(step, -shift) : shift > 0 && similar(shift, -step);
  if (!undone) return false;
  --port.shifts;
  port.offset = apart(port.offset, shift);
  clock_.jump(1, std::abs(step));
  return true;
}

void ClockSteps::add_shift(Interface& port, std::int64_t step) {
  if (port.shifts == port.shift.size()) {
    std::rotate(port.shift.begin(), port.shift.begin() + 1, port.shift.end());
    --port.shifts;
  }
  port.shift[port.shifts++] = step;
  port.offset = apart(port.offset, -step);
}

/// Steps that did not come back within the limits are silences.
void ClockSteps::stop_waiting() {
  const auto too_long = [&] {
    return waiting_.size() > kMostWaiting || waiting_bytes_ > kMostWaitingBytes ||
           (live_ && number() - steps_.front().number > kMostOutliers &&
            apart(latest_, steps_.front().latest, steps_.front().step) > kLongestWait);
  };
  while (!steps_.empty() && too_long()) {
    if (settled() > 0) return;
    steps_.pop_front();
  }
}

void ClockSteps::end() {
  if (!begun_) begin();
  steps_.clear();
}

std::size_t ClockSteps::settled() const {
  return steps_.empty() ? waiting_.size() : steps_.front().number - removed_;
}

CaptureRecord ClockSteps::remove() {
  const CaptureRecord record = waiting_.front();
  waiting_.pop_front();
  waiting_bytes_ -= record.frame.captured;
  ++removed_;
  return record;
}

void ClockSteps::passed(std::int64_t latest, std::uint64_t count) {
  latest_ = latest;
  removed_ += count;
  interfaces_[first_interface_].records += count;
  if (latest != 0) clock_.stamped += count;
}

}  // namespace floodgauge
