#include "engine/app/overload_log.h"

#include <array>
#include <cstdio>
#include <string>

namespace floodgauge {

OverloadLog::OverloadLog(DaemonLog& log)
    : log_(log),
      warning_([&log](const std::string& line) { log.warn(line); }),
      copies_([&log](const std::string& line) { log.warn(line); }) {}

void OverloadLog::losses(const EngineSnapshot& snapshot) {
  std::uint64_t not_sent = 0;
  for (const PortSnapshot& port : snapshot.ports) not_sent += port.transmit_dropped;
  if (snapshot.dropped > lost_) {
    char share[16];
    std::snprintf(share, sizeof(share), "%.1f", snapshot.loss_ratio * 100);
    warning_.warn(
        "packets lost before they were counted: " + std::to_string(snapshot.dropped - lost_) +
        "; rates are too low by " + share + " % of what came");
  }
  if (not_sent > not_sent_) {
    warning_.warn("packets not forwarded, the outgoing port is full: " +
                  std::to_string(not_sent - not_sent_));
  }
  if (snapshot.duplicates > duplicates_) {
    copies_.warn("frames come twice, as from a mirror of both sides of a router: " +
                 std::to_string(snapshot.duplicates - duplicates_));
  }
  duplicates_ = snapshot.duplicates;
  lost_ = snapshot.dropped;
  not_sent_ = not_sent;
}

void OverloadLog::shedding(const Sensor& sensor) {
  static constexpr std::array<const char*, 3> kWhat = {"searches in payloads", "who hits a target",
                                                       "estimates of sources, but for a sample"};
  shedding_.resize(sensor.workers(), Shed::nothing);
  for (unsigned w = 0; w < sensor.workers(); ++w) {
    const auto now = static_cast<std::size_t>(sensor.shedding(w));
    const auto logged = static_cast<std::size_t>(shedding_[w]);
    for (std::size_t step = logged; step < now; ++step) {
      log_.warn(std::string("overloaded, given up: ") + kWhat[step],
                {{"worker", std::to_string(w)}, {"step", kSheddingSteps[step]}});
    }
    for (std::size_t step = logged; step-- > now;) {
      log_.info(std::string("no longer overloaded, taken up again: ") + kWhat[step],
                {{"worker", std::to_string(w)}, {"step", kSheddingSteps[step]}});
    }
    shedding_[w] = static_cast<Shed>(now);
  }
}

}  // namespace floodgauge
