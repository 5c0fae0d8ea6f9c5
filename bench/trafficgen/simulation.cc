#include "bench/trafficgen/simulation.h"

#include <algorithm>

namespace floodgauge::trafficgen {

void Simulation::wake(Process::Handle handle, Nanoseconds time) {
  heap_.push_back({std::max(time, now_), order_++, handle});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void Simulation::run(Nanoseconds end) {
  while (!heap_.empty() && heap_.front().time < end) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Wakeup wakeup = heap_.back();
    heap_.pop_back();
    now_ = wakeup.time;
    wakeup.handle.resume();
  }
  now_ = std::max(now_, end);
}

}  // namespace floodgauge::trafficgen
