#include "config/import/fastnetmon_conf.h"

#include "config/quantity.h"

namespace floodgauge {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

FastnetmonConf::FastnetmonConf(std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    read_line(line, trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void FastnetmonConf::read_line(int number, std::string_view line) {
  if (line.empty() || line.front() == '#') return;
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    bad_lines_.push_back(number);
    return;
  }
  const std::string key(trimmed(line.substr(0, equals)));
  const std::string value(trimmed(line.substr(equals + 1)));
  if (key == "hostgroup") {
    const std::size_t colon = value.find(':');
    if (colon == std::string::npos || colon == 0) {
      bad_lines_.push_back(number);
    } else {
      host_groups_.push_back({value.substr(0, colon), value.substr(colon + 1)});
    }
    return;
  }
  const auto [entry, is_new] = entries_.try_emplace(key);
  if (is_new) order_.push_back(key);
  entry->second.value = value;
}

std::string FastnetmonConf::value(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return "";
  found->second.used = true;
  return found->second.value;
}

std::optional<std::uint64_t> FastnetmonConf::number(const std::string& key) {
  return parse_count(value(key));
}

std::vector<std::string> FastnetmonConf::unused() const {
  std::vector<std::string> keys;
  for (const std::string& key : order_) {
    if (!entries_.at(key).used) keys.push_back(key);
  }
  return keys;
}

}  // namespace floodgauge
