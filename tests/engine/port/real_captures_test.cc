// Reads real captures and compares the number of packets with that of capinfos (Wireshark).
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "engine/port/capture_reader.h"
#include "tests/support/real_captures.h"

namespace floodgauge {
namespace {

namespace fs = std::filesystem;

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  std::array<char, 4096> piece;
  while (pipe != nullptr) {
    const std::size_t count = fread(piece.data(), 1, piece.size(), pipe.get());
    if (count == 0) break;
    output.append(piece.data(), count);
  }
  return output;
}

/// Number of packets by file, for the files that capinfos can read. It prints a line for each, with
/// a tab between name and number.
std::map<std::string, std::size_t> capinfos_counts(const fs::path& folder) {
  std::istringstream lines(output_of("find '" + folder.string() +
                                     "' -type f -print0 | xargs -0 capinfos -T -r -c -M "
                                     "2>/dev/null"));
  std::map<std::string, std::size_t> counts;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) counts[line.substr(0, tab)] = std::stoul(line.substr(tab + 1));
  }
  return counts;
}

TEST(RealCaptures, HoldAsManyPacketsAsCapinfosFinds) {
  const fs::path folder = testing::real_captures(FLOODGAUGE_SOURCE_ROOT);
  if (folder.empty()) GTEST_SKIP() << "no captures: set FLOODGAUGE_PCAPS to a folder of them";
  if (std::system("command -v capinfos >/dev/null") != 0) GTEST_SKIP() << "capinfos is missing";
  const auto counts = capinfos_counts(folder);
  ASSERT_FALSE(counts.empty());
  for (const auto& [path, expected] : counts) {
    const std::string extension = fs::path(path).extension();
    if (extension == ".csv" || extension == ".md")
      continue;  // capinfos takes some text for a capture
    CaptureReader reader(path);
    std::size_t packets = 0;
    for (auto batch = reader.next(); !batch.empty(); batch = reader.next()) {
      packets += batch.size();
    }
    EXPECT_EQ(packets, expected) << path << ": " << reader.outcome().message;
  }
}

}  // namespace
}  // namespace floodgauge
