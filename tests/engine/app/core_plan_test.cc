#include "engine/app/core_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "engine/port/numa_node.h"

namespace floodgauge {
namespace {

using Cpus = std::vector<int>;

/// CPUs of two nodes, written as "node: first threads of cores | second threads".
std::vector<Core> machine(const Cpus& node0, const Cpus& second0, const Cpus& node1,
                          const Cpus& second1) {
  std::vector<Core> cores;
  for (const int cpu : node0) cores.push_back({cpu, 0, false});
  for (const int cpu : second0) cores.push_back({cpu, 0, true});
  for (const int cpu : node1) cores.push_back({cpu, 1, false});
  for (const int cpu : second1) cores.push_back({cpu, 1, true});
  return cores;
}

TEST(CorePlan, WorkersAreNearThePortsAndOneCpuIsLeftToTheRest) {
  const std::vector<Core> two_nodes = machine({0, 2, 4}, {}, {1, 3, 5}, {});
  const std::vector<Core> threads = machine({0, 1, 2}, {3, 4, 5}, {}, {});
  struct Case {
    const char* what;
    std::vector<Core> cores;
    unsigned workers;
    int node;
    Cpus wanted;
    Cpus control;
  };
  for (const Case& one : {
           Case{"the first is the control's",
                machine({0, 1, 2, 3}, {}, {}, {}),
                2,
                -1,
                {1, 2},
                {0, 3}},
           Case{"as many as workers: all theirs", machine({0, 1}, {}, {}, {}), 2, 0, {0, 1}, {}},
           Case{"too few: anywhere", machine({0, 1}, {}, {}, {}), 3, 0, {}, {}},
           Case{"ports on node 1", two_nodes, 2, 1, {3, 5}, {1, 0, 2, 4}},
           Case{"all of node 1 is needed", two_nodes, 3, 1, {1, 3, 5}, {0, 2, 4}},
           Case{"and more than that", two_nodes, 4, 1, {1, 3, 5, 0}, {2, 4}},
           Case{"nobody knows the node", two_nodes, 2, -1, {1, 2}, {0, 3, 4, 5}},
           Case{"whole cores first", threads, 2, 0, {1, 2}, {0, 3, 4, 5}},
           Case{"each a whole one", threads, 3, 0, {0, 1, 2}, {3, 4, 5}},
           Case{"then second threads", threads, 4, 0, {1, 2, 3, 4}, {0, 5}},
           Case{"what the user named, in his order or not",
                machine({7, 6}, {}, {}, {}),
                1,
                0,
                {7},
                {6}},
       }) {
    const CorePlan plan = plan_cores(one.cores, one.workers, one.node);
    EXPECT_EQ(plan.workers, one.wanted) << one.what;
    EXPECT_EQ(plan.control, one.control) << one.what;
  }
}

TEST(CorePlan, KnowsTheCpusOfThisMachine) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  Cpus cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) cpus.push_back(cpu);
  }
  const std::vector<Core> cores = look_up_cores(cpus);
  ASSERT_EQ(cores.size(), cpus.size());
  for (const Core& core : cores) {
    // The kernel reports this CPU to the thread that runs there.
    std::thread([&] {
      run_on({core.cpu});
      unsigned cpu = 0;
      unsigned node = 0;
      ASSERT_EQ(getcpu(&cpu, &node), 0);
      EXPECT_EQ(static_cast<int>(cpu), core.cpu);
      EXPECT_TRUE(core.node < 0 || static_cast<int>(node) == core.node) << node;
    }).join();
  }
}

TEST(PreferNode, SetsTheMemoryPolicyOfTheThreadAndRestoresIt) {
  const auto policy = [] {
    int mode = -1;
    return syscall(SYS_get_mempolicy, &mode, nullptr, 0, nullptr, 0) == 0 ? mode : -1;
  };
  const int before = policy();
  if (before < 0) GTEST_SKIP() << "memory policies are not available here";
  {
    const PreferNode near(0);
    EXPECT_EQ(policy(), MPOL_PREFERRED);
  }
  EXPECT_EQ(policy(), MPOL_DEFAULT);
  const PreferNode anywhere(-1);
  EXPECT_EQ(policy(), MPOL_DEFAULT);
}

}  // namespace
}  // namespace floodgauge
