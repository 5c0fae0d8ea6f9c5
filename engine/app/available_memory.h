// How much memory may still be taken: a daemon that takes more is ended by the kernel, without a
// word.
#pragma once

#include <cstdint>
#include <filesystem>

namespace floodgauge {

/// Where the kernel tells it (proc(5); Linux' "Control Group v2", Memory Interface Files).
struct MemoryFiles {
  std::filesystem::path meminfo = "/proc/meminfo";
  std::filesystem::path own_group = "/proc/self/cgroup";
  std::filesystem::path groups = "/sys/fs/cgroup";
};

/// Bytes that are left to this process, by the machine and by every control group that it is in.
/// The greatest number there is where nothing is told.
std::uint64_t available_memory(const MemoryFiles& files = {});

}  // namespace floodgauge
