#include "engine/port/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pdump.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace floodgauge {
namespace {

/// Value for --lcores: lcore 0, for the thread that starts the EAL, and `workers` more, each on any
/// of the allowed CPUs. "0@(0,2,3),1@(0,2,3)" for one worker.
std::string lcores_anywhere(const cpu_set_t& allowed, unsigned workers = 0) {
  std::string cpus;
  for (int cpu = 0; cpu < RTE_MAX_LCORE && cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus += (cpus.empty() ? "" : ",") + std::to_string(cpu);
  }
  const std::string anywhere = "@(" + (cpus.empty() ? "0" : cpus) + ")";
  std::string all = "0" + anywhere;
  for (unsigned w = 1; w <= workers; ++w) all += "," + std::to_string(w) + anywhere;
  return all;
}

/// Whether the arguments contain one of the options `names`.
bool given(const std::vector<std::string>& arguments, std::initializer_list<const char*> names) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return argument == name || argument.starts_with(name + "=") ||
             (name.size() == 2 && argument.starts_with(name));
    });
  });
}

/// Whether other DPDK processes (dpdk-dumpcap) can attach.
bool attachable(const std::vector<std::string>& arguments) {
  return !given(arguments, {"--in-memory", "--no-huge", "--no-shconf"});
}

std::vector<std::string> port_arguments(const PortEalOptions& options, const cpu_set_t& allowed) {
  const std::vector<std::string>& user = options.user_arguments;
  std::vector<std::string> arguments = {"floodgauge"};
  const auto add = [&](std::initializer_list<const char*> unless,
                       std::initializer_list<std::string> more) {
    if (!given(user, unless)) arguments.insert(arguments.end(), more);
  };
  if (!given(user, {"--in-memory", "--no-huge", "--huge-dir", "--socket-mem", "--legacy-mem"})) {
    // --in-memory cannot be combined with --file-prefix, which the user gives in order to attach
    // other processes.
    if (hugepages_free()) {
      add({"--file-prefix"}, {"--in-memory"});
    } else {
      arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
      add({"-m"}, {"-m", std::to_string(options.memory_mib)});
    }
  }
  add({"--file-prefix"}, {"--file-prefix", "floodgauge-" + std::to_string(getpid())});
  add({"--log-level"}, {"--log-level", "*:warning", "--log-level", "lib.telemetry:error"});
  const unsigned lcores = attachable(arguments) ? options.workers : 0;
  add({"-l", "-c", "--lcores"}, {"--lcores", lcores_anywhere(allowed, lcores)});
  if (options.pci_devices.empty()) {
    add({"--no-pci", "-a", "--allow", "-b", "--block"}, {"--no-pci"});
  }
  for (const std::string& device : options.pci_devices) {
    arguments.insert(arguments.end(), {"-a", device});
  }
  arguments.insert(arguments.end(), user.begin(), user.end());
  return arguments;
}

/// Registers the calling thread with DPDK for the object's lifetime, so that it has mempool caches
/// of its own. Throws std::runtime_error when DPDK has no room for another thread (128 in all).
class EalThread {
 public:
  EalThread() {
    if (rte_thread_register() != 0) {
      throw std::runtime_error(std::string("DPDK cannot register another thread: ") +
                               rte_strerror(rte_errno));
    }
  }
  ~EalThread() { rte_thread_unregister(); }
  EalThread(const EalThread&) = delete;
  EalThread& operator=(const EalThread&) = delete;
};

std::atomic<bool> started{false};

cpu_set_t allowed_cpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof(allowed), &allowed);
  return allowed;
}

void start(std::vector<std::string> arguments, const cpu_set_t& allowed) {
  if (started.exchange(true)) throw std::runtime_error("DPDK cannot start twice in one process");
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  if (rte_eal_init(static_cast<int>(arguments.size()), pointers.data()) < 0) {
    throw std::runtime_error(std::string("DPDK does not start: ") + rte_strerror(rte_errno));
  }
  // The EAL narrows this thread's affinity to the CPUs of its lcore. Threads that are started later
  // would inherit that.
  if (CPU_COUNT(&allowed) != 0) sched_setaffinity(0, sizeof(allowed), &allowed);
}

}  // namespace

bool hugepages_free() {
  std::error_code error;
  for (const auto& size : std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", error)) {
    std::ifstream file(size.path() / "free_hugepages");
    std::uint64_t count = 0;
    if (file >> count && count != 0) return true;
  }
  return false;
}

Eal start_eal_for_ports(const PortEalOptions& options) {
  const cpu_set_t allowed = allowed_cpus();
  const std::vector<std::string> arguments = port_arguments(options, allowed);
  start(arguments, allowed);
  Eal eal;
  eal.attachable_ = attachable(arguments);
  if (eal.attachable_ && rte_lcore_count() <= options.workers) {
    throw std::runtime_error(
        "EAL arguments: " + std::to_string(options.workers) +
        " workers need one more lcore than that; name enough with -l, or leave -l out");
  }
  if (eal.attachable_ && rte_pdump_init() != 0) {
    throw std::runtime_error(std::string("DPDK's packet dump: ") + rte_strerror(rte_errno));
  }
  return eal;
}

Eal::~Eal() {
  if (!running_) return;
  if (attachable_) rte_pdump_uninit();
  const std::string folder = rte_eal_get_runtime_dir();
  rte_eal_cleanup();
  // DPDK does not remove its runtime folder, so every process would leave one behind.
  if (folder.find("floodgauge-" + std::to_string(getpid())) == std::string::npos) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

std::vector<int> Eal::cpus() const {
  cpu_set_t all;
  CPU_ZERO(&all);
  unsigned lcore = 0;
  RTE_LCORE_FOREACH(lcore) {
    const rte_cpuset_t own = rte_lcore_cpuset(lcore);
    CPU_OR(&all, &all, &own);
  }
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &all)) cpus.push_back(cpu);
  }
  return cpus;
}

void Eal::run_worker(unsigned worker, const std::function<void()>& work) const {
  if (!attachable_) {
    const EalThread known_to_dpdk;
    work();
    return;
  }
  unsigned lcore = rte_get_next_lcore(static_cast<unsigned>(-1), 1, 0);
  for (unsigned w = 0; w < worker; ++w) lcore = rte_get_next_lcore(lcore, 1, 0);
  const auto call = [](void* argument) {
    (*static_cast<const std::function<void()>*>(argument))();
    return 0;
  };
  auto* argument = const_cast<std::function<void()>*>(&work);
  if (rte_eal_remote_launch(call, argument, lcore) != 0) {
    throw std::runtime_error("DPDK has no lcore for worker " + std::to_string(worker));
  }
  rte_eal_wait_lcore(lcore);
}

}  // namespace floodgauge
