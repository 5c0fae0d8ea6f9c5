// Tells systemd, or whatever set NOTIFY_SOCKET, how the daemon is: sd_notify(3)'s protocol.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace floodgauge {

class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET and WATCHDOG_USEC; does nothing where they are not set.
  ServiceManager();

  void ready() const { send("READY=1"); }
  void reloading() const;
  void stopping() const { send("STOPPING=1"); }
  /// A sign of life, at half the time that the manager waits for one; call it as often as you like.
  void alive();

 private:
  void send(const std::string& state) const;

  std::string socket_;
  std::optional<std::chrono::microseconds> every_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace floodgauge
