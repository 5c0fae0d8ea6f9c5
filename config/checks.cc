// Checks of whole Settings, for keys whose allowed values depend on other keys.
#include <map>

#include "config/loader.h"
#include "config/plain_text.h"

namespace floodgauge {
namespace {

class PortChecks {
 public:
  PortChecks(const Settings& settings, const std::string& file, const ConfigPositions& positions)
      : ports_(settings.ports), file_(file), positions_(positions) {}

  std::vector<ConfigError> run() {
    for (std::size_t i = 0; i < ports_.size(); ++i) index_.try_emplace(ports_[i].name, i);
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      check_name(i);
      check_peer(i);
      check_sampling(i);
    }
    return std::move(errors_);
  }

 private:
  void error(std::size_t port, const char* key, std::string message) {
    const std::string item = "ports[" + std::to_string(port) + "]";
    const std::string path = item + "." + key;
    auto entry = positions_.find(path);
    if (entry == positions_.end()) entry = positions_.find(item);
    const TextPosition position = entry == positions_.end() ? TextPosition{} : entry->second;
    errors_.push_back({file_, position.line, position.column, path, std::move(message)});
  }

  void check_name(std::size_t i) {
    const std::size_t first = index_.at(ports_[i].name);
    if (first == i) return;
    error(i, "name",
          shown(i) + " is the name of ports[" + std::to_string(first) +
              "] already; give each port its own");
  }

  void check_peer(std::size_t i) {
    const PortSettings& port = ports_[i];
    if (port.side == PortSide::mirror) {
      if (!port.peer.empty()) {
        error(i, "peer", "a mirror has no peer; remove it, or write side: outside or inside");
      }
      return;
    }
    if (port.peer.empty()) {
      error(i, "peer", "is missing; name the port that packets leave by, or write side: mirror");
      return;
    }
    const auto found = index_.find(port.peer);
    if (found == index_.end()) {
      error(i, "peer", printable(port.peer) + " is no port; write the name of another one");
    } else if (found->second == index_.at(port.name)) {
      error(i, "peer", printable(port.peer) + " is the port itself; write the name of another one");
    } else {
      check_pair(i, found->second);
    }
  }

  void check_sampling(std::size_t i) {
    if (ports_[i].sampling > 1 && ports_[i].side != PortSide::mirror) {
      error(i, "sampling", "is for a mirror; an inline port gets every packet");
    } else if (ports_[i].sampling != ports_.front().sampling) {
      error(i, "sampling",
            "is not that of " + shown(0) + "; give all ports the same, or run a sensor for each");
    }
  }

  void check_pair(std::size_t i, std::size_t peer) {
    if (ports_[peer].peer != ports_[i].name) {
      error(
          i, "peer",
          shown(peer) + " does not have " + shown(i) + " for its peer; two ports are each other's");
    } else if (ports_[peer].side == ports_[i].side && peer < i) {
      const char* other = ports_[i].side == PortSide::outside ? "inside" : "outside";
      error(
          i, "side",
          "is that of the peer " + shown(peer) + "; write side: " + other + " for one of the two");
    }
  }

  std::string shown(std::size_t port) const { return printable(ports_[port].name); }

  const std::vector<PortSettings>& ports_;
  const std::string& file_;
  const ConfigPositions& positions_;
  std::map<std::string, std::size_t> index_;  ///< first port of a name
  std::vector<ConfigError> errors_;
};

}  // namespace

std::vector<ConfigError> check_ports(const Settings& settings, const std::string& file,
                                     const ConfigPositions& positions) {
  return PortChecks(settings, file, positions).run();
}

std::vector<ConfigError> missing_for_run(const Settings& settings, const std::string& file,
                                         const ConfigPositions& positions) {
  std::vector<ConfigError> errors;
  const auto require = [&](bool present, const char* key, const char* message) {
    if (present) return;
    const auto entry = positions.find(key);
    const TextPosition position = entry == positions.end() ? TextPosition{} : entry->second;
    errors.push_back({file, position.line, position.column, key, message});
  };
  require(!settings.protect.empty(), "protect",
          "is missing, and run needs it; write the prefixes to watch");
  require(!settings.ports.empty(), "ports",
          "is missing, and run needs it; write the ports to read packets from");
  return errors;
}

std::vector<ConfigError> check_for_run(const Settings& settings, const std::string& file,
                                       const ConfigPositions& positions) {
  std::vector<ConfigError> errors = missing_for_run(settings, file, positions);
  for (auto& error : check_ports(settings, file, positions)) errors.push_back(std::move(error));
  for (auto& error : check_devices(settings, file, positions)) errors.push_back(std::move(error));
  return errors;
}

}  // namespace floodgauge
