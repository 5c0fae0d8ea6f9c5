#include "engine/export/bgp/child_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/base/child_process.h"

namespace floodgauge {
namespace {

using Clock = std::chrono::steady_clock;

/// Both ends of a pipe; each is closed at the end.
class Pipe {
 public:
  Pipe() { made_ = pipe2(ends_.data(), O_CLOEXEC) == 0; }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool made() const { return made_; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_read() { close_end(0); }
  void close_write() { close_end(1); }

 private:
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) close(ends_[end]);
    ends_[end] = -1;
  }

  std::array<int, 2> ends_ = {-1, -1};
  bool made_ = false;
};

/// Reads until the program closes its output. False when `deadline` comes first.
bool read_output(int fd, Clock::time_point deadline, std::string& output) {
  std::array<char, 65536> block;
  while (true) {
    pollfd ready{fd, POLLIN, 0};
    const int count = poll(&ready, 1, poll_timeout(deadline));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    const ssize_t got = read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    const std::size_t room = kMostProgramOutput - std::min(kMostProgramOutput, output.size());
    output.append(block.data(), std::min(room, static_cast<std::size_t>(got)));
  }
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& arguments, const std::string& input,
                          std::chrono::milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  Pipe to;
  Pipe from;
  if (!to.made() || !from.made()) return {"no file descriptor is left", ""};
  pid_t child = 0;
  const ChildFiles files{
      .input = to.read_end(), .output = from.write_end(), .error = from.write_end()};
  if (const int error =
          spawn_child(arguments, own_environment(), files, ProgramSearch::path_variable, child);
      error != 0) {
    return {std::string("cannot be run: ") + std::strerror(error), ""};
  }
  to.close_read();
  from.close_write();
  // The input is shorter than a pipe's capacity, so that this does not wait.
  [[maybe_unused]] const ssize_t written = write(to.write_end(), input.data(), input.size());
  to.close_write();
  ProgramResult result;
  const bool in_time = read_output(from.read_end(), deadline, result.output);
  if (!in_time) kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  result.wrong = in_time ? ending_text(status)
                         : "has not ended within " + std::to_string(patience.count()) + " ms";
  return result;
}

}  // namespace floodgauge
