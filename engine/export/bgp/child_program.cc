#include "engine/export/bgp/child_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

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

/// Starts the program in a process group of its own, with default signal settings. Returns 0 or an
/// errno.
int start(const std::vector<std::string>& arguments, const Pipe& input, const Pipe& output,
          pid_t& child) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input.read_end(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output.write_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, output.write_end(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> copies = arguments;
  std::vector<char*> pointers;
  for (std::string& copy : copies) pointers.push_back(copy.data());
  pointers.push_back(nullptr);
  const int error =
      posix_spawnp(&child, pointers[0], &files, &attributes, pointers.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

int left_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

/// Reads until the program closes its output. False when `deadline` comes first.
bool read_output(int fd, Clock::time_point deadline, std::string& output) {
  std::array<char, 65536> block;
  while (true) {
    pollfd ready{fd, POLLIN, 0};
    const int count = poll(&ready, 1, left_until(deadline));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    const ssize_t got = read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    const std::size_t room = kMostProgramOutput - std::min(kMostProgramOutput, output.size());
    output.append(block.data(), std::min(room, static_cast<std::size_t>(got)));
  }
}

std::string ending_text(int status) {
  if (WIFEXITED(status)) {
    const int code = WEXITSTATUS(status);
    return code == 0 ? "" : "ended with status " + std::to_string(code);
  }
  return "was ended by signal " + std::to_string(WTERMSIG(status));
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& arguments, const std::string& input,
                          std::chrono::milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  Pipe to;
  Pipe from;
  if (!to.made() || !from.made()) return {"no file descriptor is left", ""};
  pid_t child = 0;
  if (const int error = start(arguments, to, from, child); error != 0) {
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
