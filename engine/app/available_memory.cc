#include "engine/app/available_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace floodgauge {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// The number after `name` in the first line that begins with `name`.
std::optional<std::uint64_t> number_after(const fs::path& path, std::string_view name) {
  std::ifstream file(path);
  std::string word;
  std::uint64_t number = 0;
  for (std::string rest; file >> word; std::getline(file, rest)) {
    if (word == name && file >> number) return number;
    file.clear();
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;  // also for the text "max"
}

/// What the limit of a group leaves. The kernel can drop the group's file pages, so these count as
/// free.
std::uint64_t left_in(const fs::path& group) {
  const std::optional<std::uint64_t> limit = number_in(group / "memory.max");
  if (!limit) return kUnlimited;
  const std::uint64_t taken = number_after(group / "memory.stat", "anon").value_or(0);
  return *limit - std::min(*limit, taken);
}

/// The path of this process' group below the root of all groups; empty when it is unknown.
fs::path own_group(const fs::path& path) {
  constexpr std::string_view kUnified = "0::/";
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kUnified)) return fs::path(line.substr(kUnified.size()));
  }
  return {};
}

}  // namespace

std::uint64_t available_memory(const MemoryFiles& files) {
  constexpr std::uint64_t kKibibyte = 1024;
  const std::optional<std::uint64_t> machine = number_after(files.meminfo, "MemAvailable:");
  std::uint64_t left = machine ? *machine * kKibibyte : kUnlimited;
  fs::path group = files.groups;
  left = std::min(left, left_in(group));
  for (const fs::path& name : own_group(files.own_group)) {
    group /= name;
    left = std::min(left, left_in(group));
  }
  return left;
}

std::string mebibytes(std::uint64_t bytes) {
  constexpr std::uint64_t kMebibyte = 1u << 20;
  return std::to_string((bytes + kMebibyte - 1) / kMebibyte) + " MiB";
}

void require_memory(std::uint64_t wanted, unsigned workers) {
  const std::uint64_t left = available_memory();
  if (wanted <= left) return;
  throw std::runtime_error("the tables of " + std::to_string(workers) +
                           (workers == 1 ? " worker take " : " workers take ") + mebibytes(wanted) +
                           ", and " + mebibytes(left) +
                           " are left: lower engine.flows, engine.hosts or engine.workers");
}

}  // namespace floodgauge
