// Reads the configuration file of FastNetMon Community, such as /etc/fastnetmon.conf of Debian.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floodgauge {

/// The keys of the file. Lines have the form `key = value`; a line that begins with # is a comment.
/// Of a key that is written twice the last value counts, except for `hostgroup`, which may be
/// written many times.
class FastnetmonConf {
 public:
  explicit FastnetmonConf(std::string_view text);

  /// The value of a key, and notes that the key was used. Empty when the key is missing.
  std::string value(const std::string& key);
  /// Whether a switch is on. FastNetMon takes every word but `on` for off.
  bool is_on(const std::string& key) { return value(key) == "on"; }
  std::optional<std::uint64_t> number(const std::string& key);

  struct HostGroup {
    std::string name;
    std::string networks;  ///< separated by commas
  };
  const std::vector<HostGroup>& host_groups() const { return host_groups_; }

  /// Keys that nothing asked for, in the order of the file.
  std::vector<std::string> unused() const;
  /// Lines that have no `=`, by their number.
  const std::vector<int>& bad_lines() const { return bad_lines_; }

 private:
  void read_line(int number, std::string_view line);

  struct Entry {
    std::string value;
    bool used = false;
  };
  std::map<std::string, Entry> entries_;
  std::vector<std::string> order_;
  std::vector<HostGroup> host_groups_;
  std::vector<int> bad_lines_;
};

}  // namespace floodgauge
