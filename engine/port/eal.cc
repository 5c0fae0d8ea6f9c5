#include "engine/port/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "engine/port/mbuf_meta.h"

namespace floodgauge {
namespace {

/// "0@(0,2,3)": one lcore, for the thread that starts the EAL, on any of the CPUs allowed.
std::string main_lcore_anywhere(const cpu_set_t& allowed) {
  std::string cpus;
  for (int cpu = 0; cpu < RTE_MAX_LCORE && cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus += (cpus.empty() ? "" : ",") + std::to_string(cpu);
  }
  return "0@(" + (cpus.empty() ? "0" : cpus) + ")";
}

std::vector<std::string> replay_arguments(const cpu_set_t& allowed) {
  return {
      "floodgauge",
      "--no-huge",  // which DPDK does not combine with --in-memory
      "--no-shconf",
      "--no-pci",
      "--no-telemetry",
      "-m",
      "256",
      "--log-level",
      "*:error",
      // Nothing is shared under this name; it keeps processes apart all the same.
      "--file-prefix",
      "floodgauge-" + std::to_string(getpid()),
      "--lcores",
      main_lcore_anywhere(allowed),
  };
}

std::atomic<bool> started{false};

}  // namespace

Eal start_eal_for_replay() {
  if (started.exchange(true)) throw std::runtime_error("DPDK cannot start twice in one process");
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool known = sched_getaffinity(0, sizeof(allowed), &allowed) == 0;
  std::vector<std::string> arguments = replay_arguments(allowed);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  if (rte_eal_init(static_cast<int>(arguments.size()), pointers.data()) < 0) {
    throw std::runtime_error(std::string("DPDK does not start: ") + rte_strerror(rte_errno));
  }
  // The EAL narrows the affinity to CPUs that it knows; threads started later inherit it.
  if (known) sched_setaffinity(0, sizeof(allowed), &allowed);
  Eal eal;
  register_mbuf_meta();
  return eal;
}

Eal::~Eal() {
  if (!running_) return;
  const std::string folder = rte_eal_get_runtime_dir();
  rte_eal_cleanup();
  // DPDK leaves its runtime folder behind: one a process, for ever.
  if (folder.find("floodgauge-" + std::to_string(getpid())) == std::string::npos) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

EalThread::EalThread() {
  if (rte_thread_register() != 0) {
    throw std::runtime_error(std::string("DPDK takes no more threads: ") + rte_strerror(rte_errno));
  }
}

EalThread::~EalThread() {
  rte_thread_unregister();
}

}  // namespace floodgauge
