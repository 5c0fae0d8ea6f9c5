// What DPDK says, line by line, to where the daemon's own log goes.
#pragma once

#include <functional>
#include <string>

namespace floodgauge {

/// From its construction, before the EAL starts, to its end. One in a process.
class DpdkLog {
 public:
  /// `line` is called by whichever thread speaks.
  explicit DpdkLog(std::function<void(const std::string& line)> line);
  ~DpdkLog();
  DpdkLog(const DpdkLog&) = delete;
  DpdkLog& operator=(const DpdkLog&) = delete;

  /// Between these two calls lines are kept, not passed on: they explain a failure that the caller
  /// tells in a line of its own, or are worth nothing.
  void hold();
  /// The lines since hold(), joined with "; ".
  std::string release();

 private:
  struct State;
  State* state_;
};

}  // namespace floodgauge
