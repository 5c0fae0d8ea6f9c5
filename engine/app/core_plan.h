// Which thread runs where: each worker on a core of its own, near the ports; everything else on the
// cores that are left.
#pragma once

#include <vector>

namespace floodgauge {

/// A CPU as the kernel numbers them.
struct Core {
  int cpu = 0;
  int node = -1;        ///< NUMA node; -1: not known
  bool second = false;  ///< shares its core with one of a lower number (hyper-threading)
};

struct CorePlan {
  std::vector<int> workers;  ///< a CPU each; empty: too few for that, they run anywhere
  std::vector<int> control;  ///< the others; empty: anywhere
};

/// What the kernel tells of these CPUs.
std::vector<Core> look_up_cores(const std::vector<int>& cpus);

/// Workers on whole cores of `node` (-1: any) first, then on second threads there, then elsewhere.
/// One CPU is left to the control path where there are more than workers: the first, unless the
/// workers need all that are near; CPU 0 has most of the kernel's own work.
CorePlan plan_cores(std::vector<Core> cores, unsigned workers, int node);

/// The calling thread, and threads that it starts from here on, to these CPUs; to none: as it is.
void run_on(const std::vector<int>& cpus);

}  // namespace floodgauge
