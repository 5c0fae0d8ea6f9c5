// Keeps an inline pair of ports forwarding while the rest of the daemon shuts down.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "engine/app/live_ports.h"

namespace floodgauge {

/// Forwards packets, without counting them, for as long as the object exists. The workers must have
/// stopped.
class LastForwarder {
 public:
  explicit LastForwarder(const LivePorts& ports);
  ~LastForwarder();
  LastForwarder(const LastForwarder&) = delete;
  LastForwarder& operator=(const LastForwarder&) = delete;

 private:
  void forward(const std::vector<RxQueue*>& queues) const;

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace floodgauge
