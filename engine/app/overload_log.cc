#include "engine/app/overload_log.h"

#include <array>
#include <iterator>
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

void OverloadLog::bounds(const EngineSnapshot& snapshot) {
  const LeftOut& left = snapshot.left_out;
  const struct {
    std::uint64_t now;
    const char* what;
    const char* why;
  } rows[] = {
      {snapshot.incidents_not_opened, "incident", "not opened: too many larger ones are open"},
      {snapshot.incidents_displaced, "incident", "closed for larger ones: too many are open"},
      {snapshot.targets_not_followed, "target", "not followed: too many are hit at once"},
      {left.host_packets, "packet", "of hosts without a record: raise engine.hosts"},
      {left.attack_packets, "packet", "of attacks whose senders were not noted: too many came"},
      {left.target_seconds, "second", "of targets whose senders were not kept: too many are hit"},
      {left.scan_sources, "source", "not watched for scans: too many are"},
      {left.servers, "server", "whose services are not watched: too many are"},
      {left.closed_incidents, "closed incident", "forgotten: set export.history to keep them"},
  };
  while (bounds_.size() < std::size(rows)) bounds_.emplace_back(log_);
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    Bound& bound = bounds_[i];
    if (rows[i].now <= bound.logged) continue;
    bound.warning.warn(counted(rows[i].now - bound.logged, rows[i].what) + " " + rows[i].why);
    bound.logged = rows[i].now;
  }
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
