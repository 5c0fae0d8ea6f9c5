#include "engine/export/events/hook_runner.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/child_process.h"
#include "engine/export/report/incident_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

using Clock = std::chrono::steady_clock;

/// The environment of the daemon, with FLOODGAUGE_EVENT and FLOODGAUGE_TIME added.
std::vector<std::string> environment(const std::string& event, const std::string& time) {
  std::vector<std::string> variables = own_environment();
  std::erase_if(variables, [](const std::string& variable) {
    return variable.starts_with("FLOODGAUGE_EVENT=") || variable.starts_with("FLOODGAUGE_TIME=");
  });
  variables.push_back("FLOODGAUGE_EVENT=" + event);
  variables.push_back("FLOODGAUGE_TIME=" + time);
  return variables;
}

}  // namespace

HookRunner::HookRunner(Options options)
    : options_(std::move(options)),
      warning_(options_.report),
      dropped_warning_(options_.report),
      stop_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      queue_(options_.queue, [this](Job& job) { work(job); }) {
  if (stop_fd_ < 0) throw std::runtime_error("no file descriptor is left for the hook");
}

HookRunner::~HookRunner() {
  const std::uint64_t one = 1;
  // This write cannot fail: the counter of the eventfd is 0.
  [[maybe_unused]] const ssize_t written = write(stop_fd_, &one, sizeof one);
  queue_.drain();
  close(stop_fd_);
}

void HookRunner::run(Nanoseconds time, Transition transition, const Incident& incident) {
  const bool queued = queue_.offer(
      {name(transition), rfc3339(time), json_text(event_json(time, transition, incident)) + "\n"});
  if (queued) return;
  count(HookResult::dropped);
  const std::scoped_lock lock(dropped_lock_);
  dropped_warning_.warn("hook " + options_.program + " was not run: too many runs are waiting");
}

void HookRunner::drain() {
  queue_.drain();
}

bool HookRunner::drain_for(std::chrono::milliseconds patience) {
  return queue_.drain_for(patience);
}

void HookRunner::count(HookResult result) const {
  if (options_.count) options_.count(result);
}

void HookRunner::work(const Job& job) {
  pollfd stop{stop_fd_, POLLIN, 0};
  if (poll(&stop, 1, 0) > 0) return;
  std::string why;
  const Ending ending = run_once(job, why);
  if (!ending) return;
  count(*ending);
  if (ending != HookResult::succeeded) warning_.warn("hook " + options_.program + " " + why);
}

HookRunner::Ending HookRunner::run_once(const Job& job, std::string& why) {
  std::array<int, 2> input{};
  if (pipe2(input.data(), O_CLOEXEC) != 0) {
    why = std::string("could not be started: ") + std::strerror(errno);
    return HookResult::not_started;
  }
  pid_t child = -1;
  const ChildFiles files{.input = input[0], .output = STDERR_FILENO, .error = STDERR_FILENO};
  const int error = spawn_child({options_.program}, environment(job.event, job.time), files,
                                ProgramSearch::current_folder, child);
  close(input[0]);
  if (error != 0) {
    close(input[1]);
    why = std::string("could not be started: ") + std::strerror(error);
    return HookResult::not_started;
  }
  fcntl(input[1], F_SETFL, O_NONBLOCK);
  // The process number cannot have been reused, because our child has not been waited for yet. We
  // use the system call because glibc 2.36 declares pidfd_open() without C linkage.
  const int child_fd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  if (child_fd < 0) {
    why = std::string("cannot be attended to: ") + std::strerror(errno);
    kill(-child, SIGKILL);
    close(input[1]);
    waitpid(child, nullptr, 0);
    return HookResult::not_started;
  }
  return attend(child, child_fd, input[1], job.input, why);
}

HookRunner::Ending HookRunner::attend(pid_t child, int child_fd, int input_fd,
                                      const std::string& input, std::string& why) {
  const auto deadline = Clock::now() + options_.timeout;
  std::size_t written = 0;
  Ending ending = HookResult::succeeded;
  bool exited = false;
  while (!exited && ending == HookResult::succeeded) {
    std::array<pollfd, 3> events = {
        {{child_fd, POLLIN, 0}, {stop_fd_, POLLIN, 0}, {input_fd, POLLOUT, 0}}};
    const int ready = poll(events.data(), events.size(), poll_timeout(deadline));
    exited = events[0].revents != 0;
    if (exited) break;
    if (events[1].revents != 0) ending = std::nullopt;
    if (ready == 0) ending = HookResult::timed_out;
    if (events[2].revents == 0) continue;
    const ssize_t count = write(input_fd, input.data() + written, input.size() - written);
    if (count > 0) written += static_cast<std::size_t>(count);
    // Either all is written, or the program has closed its standard input, which is not an error.
    if (written == input.size() || (count < 0 && errno != EAGAIN && errno != EINTR)) {
      close(input_fd);
      input_fd = -1;
    }
  }
  if (input_fd >= 0) close(input_fd);
  if (!exited) end_group(child, child_fd);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  close(child_fd);
  if (ending == HookResult::timed_out) {
    why = "was ended after " + std::to_string(options_.timeout.count()) + " ms";
  } else if (ending == HookResult::succeeded) {
    why = ending_text(status);
    if (!why.empty()) ending = HookResult::failed;
  }
  return ending;
}

void HookRunner::end_group(pid_t child, int child_fd) const {
  kill(-child, SIGTERM);
  pollfd exited{child_fd, POLLIN, 0};
  poll(&exited, 1, static_cast<int>(options_.grace.count()));
  // Also when the program has ended: it may have left children in its group. It has not been waited
  // for yet, so the group number is not reused.
  kill(-child, SIGKILL);
}

}  // namespace floodgauge
