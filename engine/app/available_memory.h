// How much memory this process can still take. The kernel kills a process that takes more, without
// a message.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace floodgauge {

/// The files in which the kernel tells it (proc(5); Linux' "Control Group v2", Memory Interface
/// Files).
struct MemoryFiles {
  std::filesystem::path meminfo = "/proc/meminfo";
  std::filesystem::path own_group = "/proc/self/cgroup";
  std::filesystem::path groups = "/sys/fs/cgroup";
};

/// Bytes that the machine and every control group of this process have left. The maximum of the
/// type where no file tells it.
std::uint64_t available_memory(const MemoryFiles& files = {});

/// "12 MiB", rounded up.
std::string mebibytes(std::uint64_t bytes);

/// Throws std::runtime_error when the tables need more memory than there is: the kernel would kill
/// the process while it takes the memory, without a message.
void require_memory(std::uint64_t wanted, unsigned workers);

}  // namespace floodgauge
