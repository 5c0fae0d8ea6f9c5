#include "engine/app/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace floodgauge {

ServiceManager::ServiceManager() {
  if (const char* path = std::getenv("NOTIFY_SOCKET")) socket_ = path;
  const char* watchdog = std::getenv("WATCHDOG_USEC");
  const char* pid = std::getenv("WATCHDOG_PID");
  const bool ours = pid == nullptr || std::strtol(pid, nullptr, 10) == getpid();
  if (watchdog != nullptr && ours) {
    const long long limit = std::strtoll(watchdog, nullptr, 10);
    if (limit > 0) every_ = std::chrono::microseconds(limit / 2);
  }
}

void ServiceManager::reloading() const {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  const long long microseconds = time.tv_sec * 1'000'000LL + time.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceManager::alive() {
  const auto now = std::chrono::steady_clock::now();
  if (!every_ || now - last_ < *every_) return;
  last_ = now;
  send("WATCHDOG=1");
}

void ServiceManager::send(const std::string& state) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)!sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                reinterpret_cast<const sockaddr*>(&address), size);
  close(fd);
}

}  // namespace floodgauge
