#include "engine/app/available_memory.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMebibyte = 1u << 20;

/// Writes the files of the kernel in a temporary folder.
class AvailableMemory : public testing::Test {
 protected:
  AvailableMemory()
      : folder_(fs::temp_directory_path() /
                ("floodgauge-memory-" + std::to_string(getpid()) + "-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())),
        files_{.meminfo = folder_ / "meminfo",
               .own_group = folder_ / "own",
               .groups = folder_ / "groups"} {
    fs::create_directories(files_.groups);
  }
  ~AvailableMemory() override { fs::remove_all(folder_); }

  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void machine_has(std::uint64_t mebibytes) {
    write(files_.meminfo,
          "MemTotal:       99999999 kB\nMemFree:         1111111 kB\nMemAvailable:   " +
              std::to_string(mebibytes * 1024) + " kB\nBuffers:          100 kB\n");
  }
  void group_has(const std::string& group, const std::string& limit, std::uint64_t anonymous) {
    write(files_.groups / group / "memory.max", limit + "\n");
    write(files_.groups / group / "memory.stat",
          "anon_thp 77\nanon " + std::to_string(anonymous) + "\nfile 999999999\n");
  }

  fs::path folder_;
  MemoryFiles files_;
};

TEST_F(AvailableMemory, WithoutFilesThereIsNoLimit) {
  EXPECT_EQ(available_memory(files_), kUnlimited);
  write(files_.meminfo, "MemAvailable: plenty\n");
  write(files_.own_group, "0::/of/nobody\n");
  EXPECT_EQ(available_memory(files_), kUnlimited);
}

TEST_F(AvailableMemory, IsWhatTheMachineHasLeft) {
  machine_has(300);
  EXPECT_EQ(available_memory(files_), 300 * kMebibyte);
}

TEST_F(AvailableMemory, IsTheLeastThatAnyOfItsGroupsHasLeft) {
  machine_has(300);
  write(files_.own_group, "4:memory:/elsewhere\n0::/system.slice/floodgauge.service\n");
  group_has("system.slice/floodgauge.service", "max", 0);
  EXPECT_EQ(available_memory(files_), 300 * kMebibyte);
  group_has("system.slice", std::to_string(200 * kMebibyte), 50 * kMebibyte);
  EXPECT_EQ(available_memory(files_), 150 * kMebibyte);
  group_has("system.slice/floodgauge.service", std::to_string(100 * kMebibyte), 30 * kMebibyte);
  EXPECT_EQ(available_memory(files_), 70 * kMebibyte) << "file pages of the group count as free";
  group_has("elsewhere", "0", 0);
  EXPECT_EQ(available_memory(files_), 70 * kMebibyte) << "the limit of another group";
}

/// A container sees its own group as the root.
TEST_F(AvailableMemory, IsWhatAContainerHasLeft) {
  machine_has(300);
  write(files_.own_group, "0::/\n");
  group_has("", std::to_string(64 * kMebibyte), 65 * kMebibyte);
  EXPECT_EQ(available_memory(files_), 0u) << "already over its limit";
}

TEST(AvailableMemoryHere, IsMoreThanNothing) {
  EXPECT_GT(available_memory(), kMebibyte);
}

}  // namespace
}  // namespace floodgauge
