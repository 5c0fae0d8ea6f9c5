// Checks of the devices of ports, as far as their names tell.
#include <algorithm>
#include <cctype>
#include <map>

#include "config/loader.h"
#include "config/plain_text.h"

namespace floodgauge {
namespace {

/// A word that may be the name of a kernel interface: at most 15 characters, none that devices
/// have.
bool looks_like_interface(const std::string& device) {
  return !device.empty() && device.size() <= 15 &&
         std::all_of(device.begin(), device.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '@';
         });
}

/// DPDK's devices have a bus address with colons (0000:03:00.0, auxiliary:mlx5_core.sf.2), or the
/// name of a virtual driver.
bool looks_like_device(const std::string& device) {
  const std::string name = device.substr(0, device.find(','));
  return name.find(':') != std::string::npos || name.starts_with("net_") ||
         name.starts_with("eth_") || name.starts_with("virtio_user");
}

/// The value of an argument of a device: of "iface" in "net_af_packet0,iface=eth2".
std::string argument(const std::string& device, const std::string& name) {
  const std::size_t at = device.find("," + name + "=");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 2;
  return device.substr(begin, device.find(',', begin) - begin);
}

/// What two ports cannot share: a device by its name, and an interface by the driver that reads it.
/// Ports of AF_XDP may share an interface whose queues they divide.
std::vector<std::string> shared_parts(const std::string& device) {
  std::string name = device.substr(0, device.find(','));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (std::count(name.begin(), name.end(), ':') == 1 && name.size() == 7) name.insert(0, "0000:");
  std::vector<std::string> parts{name};
  const std::string iface = argument(device, "iface");
  if (iface.empty()) return parts;
  const std::string queue = argument(device, "start_queue");
  const bool divides = name.starts_with("net_af_xdp") && !queue.empty();
  parts.push_back("interface " + iface + (divides ? " from queue " + queue + " on" : ""));
  return parts;
}

}  // namespace

std::vector<ConfigError> check_devices(const Settings& settings, const std::string& file,
                                       const ConfigPositions& positions) {
  std::vector<ConfigError> errors;
  std::map<std::string, std::size_t> first_use;
  for (std::size_t i = 0; i < settings.ports.size(); ++i) {
    const std::string& device = settings.ports[i].device;
    const std::string key = "ports[" + std::to_string(i) + "].device";
    const auto at = positions.find(key);
    const TextPosition position = at == positions.end() ? TextPosition{} : at->second;
    const auto error = [&](std::string message) {
      errors.push_back({file, position.line, position.column, key, std::move(message)});
    };
    if (!looks_like_device(device)) {
      error(printable(device) + " is neither a PCI address nor a virtual device; " +
            (looks_like_interface(device)
                 ? "did you mean \"net_af_packet" + std::to_string(i) + ",iface=" + device + "\"?"
                 : "write one like 0000:03:00.0 or \"net_af_packet0,iface=eth2\""));
      continue;
    }
    for (const std::string& part : shared_parts(device)) {
      const auto [first, is_new] = first_use.try_emplace(part, i);
      if (is_new || first->second == i) continue;
      error(printable(part) + " is that of ports[" + std::to_string(first->second) +
            "] already; give each port its own");
      break;
    }
  }
  return errors;
}

}  // namespace floodgauge
