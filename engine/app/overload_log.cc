#include "engine/app/overload_log.h"

#include <array>
#include <string>

#include "engine/base/number_text.h"

namespace floodgauge {

OverloadLog::OverloadLog(DaemonLog& log)
    : log_(log),
      warning_([&log](const std::string& line) { log.warn(line); }),
      copies_([&log](const std::string& line) { log.warn(line); }) {}

void OverloadLog::losses(const EngineSnapshot& snapshot) {
  std::uint64_t not_sent = 0;
  for (const PortSnapshot& port : snapshot.ports) not_sent += port.transmit_dropped;
  if (snapshot.dropped > lost_) {
    warning_.warn(counted(snapshot.dropped - lost_, "packet") + " lost before counting (" +
                  percent(snapshot.loss_ratio) + " of what came); rates are too low by as much");
  }
  if (not_sent > not_sent_) {
    warning_.warn(counted(not_sent - not_sent_, "packet") +
                  " not forwarded: the outgoing port is full or down");
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
  static constexpr std::array<const char*, 3> kWhat = {"payloads are not searched",
                                                       "per-target source detail is off",
                                                       "sources are estimated from a sample"};
  static constexpr std::array<const char*, 3> kAgain = {"payloads are searched again",
                                                        "per-target source detail is on again",
                                                        "all sources are counted again"};
  shedding_.resize(sensor.workers(), Shed::nothing);
  for (unsigned w = 0; w < sensor.workers(); ++w) {
    const auto now = static_cast<std::size_t>(sensor.shedding(w));
    const auto logged = static_cast<std::size_t>(shedding_[w]);
    for (std::size_t step = logged; step < now; ++step) {
      log_.warn(std::string("overloaded: ") + kWhat[step],
                {{"worker", std::to_string(w)}, {"step", kSheddingSteps[step]}});
    }
    for (std::size_t step = logged; step-- > now;) {
      log_.info(std::string("no longer overloaded: ") + kAgain[step],
                {{"worker", std::to_string(w)}, {"step", kSheddingSteps[step]}});
    }
    shedding_[w] = static_cast<Shed>(now);
  }
}

}  // namespace floodgauge
