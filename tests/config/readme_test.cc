// config/README.md must describe every key with its allowed values and its default as in the code.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "config/schema.h"

namespace floodgauge {
namespace {

std::string readme() {
  const char* root = std::getenv("FLOODGAUGE_SOURCE_ROOT");
  std::ifstream file(std::string(root ? root : ".") + "/config/README.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// How a row of its tables begins. The purpose of the key follows.
std::string row_of(const KeyDescription& key) {
  const std::string shown = key.default_value.empty() ? "" : "`" + key.default_value + "` ";
  return "| `" + key.key + "` | " + key.allowed + " | " + shown + "| ";
}

/// One row for the three kinds of thresholds, with their defaults side by side.
std::string threshold_row(const KeyDescription& host, const KeyDescription& prefix,
                          const KeyDescription& outbound) {
  const std::string name = host.key.substr(host.key.rfind('.') + 1);
  return "| `" + name + "` | `" + host.default_value + "` | `" + prefix.default_value + "` | `" +
         outbound.default_value + "` | ";
}

TEST(Readme, HasARowForEveryKey) {
  const std::string text = readme();
  ASSERT_FALSE(text.empty()) << "config/README.md cannot be read";
  const std::string host_part = "profiles.NAME.thresholds.";
  const std::string prefix_part = "profiles.NAME.prefix_thresholds.";
  const std::string outbound_part = "profiles.NAME.outbound.";
  std::map<std::string, KeyDescription> prefix_limits;
  std::map<std::string, KeyDescription> outbound_limits;
  const auto keys = describe_settings();
  for (const auto& key : keys) {
    if (key.key.starts_with(prefix_part)) prefix_limits[key.key.substr(prefix_part.size())] = key;
    if (key.key.starts_with(outbound_part)) {
      outbound_limits[key.key.substr(outbound_part.size())] = key;
    }
  }
  for (const auto& key : keys) {
    if (key.key.starts_with(prefix_part) || key.key.starts_with(outbound_part)) continue;
    const bool threshold = key.key.starts_with(host_part);
    const std::string row =
        threshold ? threshold_row(key, prefix_limits.at(key.key.substr(host_part.size())),
                                  outbound_limits.at(key.key.substr(host_part.size())))
                  : row_of(key);
    EXPECT_NE(text.find("\n" + row), std::string::npos) << "missing: " << row;
  }
}

TEST(Readme, HasNoRowForAKeyThatIsNotThere) {
  std::set<std::string> known;
  for (const auto& key : describe_settings()) {
    known.insert(key.key);
    known.insert(key.key.substr(key.key.rfind('.') + 1));
  }
  const std::string text = readme();
  for (std::size_t at = text.find("\n| `"); at != std::string::npos;
       at = text.find("\n| `", at + 1)) {
    const std::size_t begin = at + 4;
    const std::string key = text.substr(begin, text.find('`', begin) - begin);
    EXPECT_TRUE(known.contains(key)) << key;
  }
}

}  // namespace
}  // namespace floodgauge
