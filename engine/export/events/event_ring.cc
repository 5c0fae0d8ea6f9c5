#include "engine/export/events/event_ring.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "engine/export/report/incident_json.h"

namespace floodgauge {

void EventRing::append(Nanoseconds time, Transition transition, const Incident& incident) {
  const std::string data = json_text(event_json(time, transition, incident));
  const std::lock_guard lock(mutex_);
  const std::string id = run_ + "-" + std::to_string(first_ + events_.size());
  events_.push_back("id: " + id + "\nevent: " + name(transition) + "\ndata: " + data + "\n\n");
  bytes_ += events_.back().size();
  while (events_.size() > limits_.events || (bytes_ > limits_.bytes && events_.size() > 1)) {
    bytes_ -= events_.front().size();
    events_.pop_front();
    ++first_;
  }
}

EventRing::Cursor EventRing::after(const std::string& last_event_id) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t end = first_ + events_.size();
  if (last_event_id.empty()) return {.next = end, .reset = false};
  const std::string_view id = last_event_id;
  std::uint64_t number = 0;
  const bool of_this_run = id.starts_with(run_ + "-");
  const std::string_view digits = of_this_run ? id.substr(run_.size() + 1) : std::string_view();
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool known = of_this_run && error == std::errc() && number > 0 && number < end &&
                     rest == digits.data() + digits.size();
  if (!known) return {.next = first_, .reset = true};
  return {.next = number + 1, .reset = false};
}

void EventRing::read(Cursor& cursor, std::string& out) const {
  const std::lock_guard lock(mutex_);
  if (cursor.next < first_) cursor = {.next = first_, .reset = true};
  if (cursor.reset) out += "event: reset\ndata: {}\n\n";
  cursor.reset = false;
  for (; cursor.next < first_ + events_.size(); ++cursor.next) {
    out += events_[static_cast<std::size_t>(cursor.next - first_)];
  }
}

}  // namespace floodgauge
