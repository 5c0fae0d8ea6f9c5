#include "engine/app/core_plan.h"

#include <exception>
#include <thread>

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <tuple>

namespace floodgauge {
namespace {

/// The folder of each CPU has a link to its node, for example "node0".
int node_of(const std::filesystem::path& cpu) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(cpu, error)) {
    const std::string name = entry.path().filename();
    int node = -1;
    if (!name.starts_with("node")) continue;
    const auto [end, wrong] = std::from_chars(name.data() + 4, name.data() + name.size(), node);
    if (wrong == std::errc() && end == name.data() + name.size()) return node;
  }
  return -1;
}

/// The file lists all CPUs of one core, lowest first: "0,4" or "0-1".
bool is_second(const std::filesystem::path& cpu, int number) {
  std::ifstream file(cpu / "topology/thread_siblings_list");
  int first = number;
  file >> first;
  return first != number;
}

}  // namespace

std::vector<Core> look_up_cores(const std::vector<int>& cpus) {
  std::vector<Core> cores;
  for (const int cpu : cpus) {
    const std::filesystem::path folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
    cores.push_back({cpu, node_of(folder), is_second(folder, cpu)});
  }
  return cores;
}

CorePlan plan_cores(std::vector<Core> cores, unsigned workers, int node) {
  if (workers == 0 || cores.size() < workers) return {};
  const auto is_far = [&](const Core& core) { return node >= 0 && core.node != node; };
  std::sort(cores.begin(), cores.end(), [&](const Core& a, const Core& b) {
    return std::tuple(is_far(a), a.second, a.cpu) < std::tuple(is_far(b), b.second, b.cpu);
  });
  const auto near =
      std::count_if(cores.begin(), cores.end(), [&](const Core& core) { return !is_far(core); });
  const auto whole = std::count_if(cores.begin(), cores.begin() + near,
                                   [](const Core& core) { return !core.second; });
  // The first CPU is left to the control path, unless a worker would then get a worse CPU.
  const bool spare_first =
      static_cast<std::size_t>(near) > workers && static_cast<std::size_t>(whole) != workers;
  CorePlan plan;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    const std::size_t worker =
        spare_first ? i - 1 : i;  // wraps for the first CPU, so that it is no worker's
    (worker < workers ? plan.workers : plan.control).push_back(cores[i].cpu);
  }
  return plan;
}

void run_on(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t own;
  CPU_ZERO(&own);
  for (const int cpu : cpus) CPU_SET(static_cast<std::size_t>(cpu), &own);
  pthread_setaffinity_np(pthread_self(), sizeof(own), &own);
}

void run_on_thread(const std::vector<int>& cores, const std::function<void()>& work) {
  std::exception_ptr error;
  std::thread([&] {
    run_on(cores);
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error) std::rethrow_exception(error);
}

}  // namespace floodgauge
