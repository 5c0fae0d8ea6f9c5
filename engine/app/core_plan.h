// Assigns threads to CPUs: each worker has its own core near the ports, everything else runs on the
// cores that are left.
#pragma once

#include <functional>
#include <vector>

namespace floodgauge {

/// A CPU, with the kernel's number.
struct Core {
  int cpu = 0;
  int node = -1;        ///< NUMA node; -1: unknown
  bool second = false;  ///< shares its core with a CPU of a lower number (hyper-threading)
};

struct CorePlan {
  std::vector<int> workers;  ///< a CPU for each worker; empty: too few CPUs, workers run anywhere
  std::vector<int> control;  ///< the other CPUs; empty: the control path runs anywhere
};

/// What the kernel tells about these CPUs.
std::vector<Core> look_up_cores(const std::vector<int>& cpus);

/// Workers get whole cores of `node` (-1: any node) first, then second threads of its cores, then
/// CPUs of other nodes. Where there are more CPUs than workers, the control path gets the first
/// CPU: CPU 0 has most of the kernel's own work. It does not get the first CPU when the workers
/// need all CPUs of `node`.
CorePlan plan_cores(std::vector<Core> cores, unsigned workers, int node);

/// Pins the calling thread, and threads that it starts later, to these CPUs. An empty list changes
/// nothing.
void run_on(const std::vector<int>& cpus);

/// Runs `work` on a new thread on these CPUs, waits for it, and throws what it threw.
void run_on_thread(const std::vector<int>& cores, const std::function<void()>& work);

}  // namespace floodgauge
