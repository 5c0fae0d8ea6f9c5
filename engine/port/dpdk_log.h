// Passes DPDK's log messages, line by line, to the daemon's own log.
#pragma once

#include <functional>
#include <string>

namespace floodgauge {

/// Receives DPDK's log as long as the object exists. Made before the EAL starts; one per process.
class DpdkLog {
 public:
  /// `line` is called on whichever thread logs, one call at a time.
  explicit DpdkLog(std::function<void(const std::string& line)> line);
  ~DpdkLog();
  DpdkLog(const DpdkLog&) = delete;
  DpdkLog& operator=(const DpdkLog&) = delete;

  /// From hold() to release() lines are kept and not passed on. They explain a failure that the
  /// caller reports in a line of its own, or are dropped. At most 2,000 bytes are kept.
  void hold();
  /// Returns the lines since hold(), joined with "; ".
  std::string release();

 private:
  struct State;
  State* state_;
};

}  // namespace floodgauge
