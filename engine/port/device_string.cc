#include "engine/port/device_string.h"

#include <algorithm>
#include <regex>

namespace floodgauge {

bool is_pci_device(const std::string& device) {
  static const std::regex kForm("([0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7](,.*)?");
  return std::regex_match(device, kForm);
}

std::string device_argument(const std::string& device, const std::string& key) {
  const std::size_t at = device.find("," + key + "=");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + key.size() + 2;
  return device.substr(begin, device.find(',', begin) - begin);
}

std::string port_name(const std::string& device) {
  const std::string first = device.substr(0, device.find(','));
  const bool short_form = is_pci_device(device) && std::count(first.begin(), first.end(), ':') == 1;
  return short_form ? "0000:" + first : first;
}

}  // namespace floodgauge
