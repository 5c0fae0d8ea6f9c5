#include "engine/app/interrupt.h"

#include <atomic>
#include <csignal>

namespace floodgauge {
namespace {

std::atomic<bool> flag{false};
std::atomic<bool> hangup{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void note_signal(int signal) {
  if (flag.exchange(true)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

void note_hangup(int) {
  hangup.store(true, std::memory_order_relaxed);
}

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = note_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void catch_hangup() {
  struct sigaction action = {};
  action.sa_handler = note_hangup;
  action.sa_flags = SA_RESTART;
  sigaction(SIGHUP, &action, nullptr);
}

bool take_hangup() {
  return hangup.exchange(false);
}

bool interrupted() {
  return flag.load(std::memory_order_relaxed);
}

}  // namespace floodgauge
