// Keeps an inline pair forwarding while the rest of the daemon is taken down.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "engine/app/live_ports.h"

namespace floodgauge {

/// Forwards, and does nothing else, as long as it lives. The workers have stopped.
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
