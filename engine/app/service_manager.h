// Reports the daemon's state to systemd, or to another service manager that set NOTIFY_SOCKET, by
// the protocol of sd_notify(3).
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace floodgauge {

class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET and WATCHDOG_USEC. Without them, the other methods do nothing.
  ServiceManager();

  void ready() const { send("READY=1"); }
  void reloading() const;
  void stopping() const { send("STOPPING=1"); }
  /// Sends a watchdog message when half of the watchdog's time has passed. May be called at any
  /// rate.
  void alive();

 private:
  void send(const std::string& state) const;

  std::string socket_;
  std::optional<std::chrono::microseconds> every_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace floodgauge
