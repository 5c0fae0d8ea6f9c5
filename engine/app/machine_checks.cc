#include "engine/app/machine_checks.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "config/nearest.h"
#include "config/plain_text.h"
#include "engine/app/available_memory.h"
#include "engine/app/live_ports.h"
#include "engine/app/sensor.h"
#include "engine/port/device_string.h"
#include "engine/port/kernel_interface.h"

namespace floodgauge {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  return names;
}

/// What keeps a file from being written; empty when nothing does.
std::string write_problem(const std::string& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    return access(path.c_str(), W_OK) == 0
               ? ""
               : std::string("cannot be written: ") + std::strerror(errno);
  }
  const fs::path parent = fs::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  if (access(folder.c_str(), W_OK | X_OK) == 0) return "";
  return errno == ENOENT
             ? "there is no folder " + printable(folder)
             : "nothing can be written in " + printable(folder) + ": " + std::strerror(errno);
}

/// What keeps a folder from being made and files from being written in it; empty when nothing does.
std::string folder_problem(const fs::path& path) {
  fs::path there = path;
  std::error_code error;
  while (!fs::exists(there, error) && there.has_parent_path()) there = there.parent_path();
  if (!fs::exists(there, error)) there = ".";
  if (!fs::is_directory(there, error)) return printable(there.string()) + " is no folder";
  return write_problem((there / "incident").string());
}

/// A queue that never delivers: a sensor is made for the size of its tables alone.
class NoQueue final : public RxQueue {
 public:
  void receive(ReceivedBurst& burst, Nanoseconds& /*clock*/) override { burst.size = 0; }
  bool finished() const override { return true; }
};

class MachineChecks {
 public:
  MachineChecks(const Settings& settings, const std::string& file, const ConfigPositions& positions)
      : settings_(settings), file_(file), positions_(positions) {}

  MachineFindings run() {
    for (std::size_t i = 0; i < settings_.ports.size(); ++i) check_device(i);
    check_files();
    if (!settings_.ports.empty()) check_memory();
    return std::move(found_);
  }

 private:
  ConfigError at(const std::string& key, std::string message) const {
    const auto entry = positions_.find(key);
    const TextPosition position = entry == positions_.end() ? TextPosition{} : entry->second;
    return {file_, position.line, position.column, key, std::move(message)};
  }

  void check_device(std::size_t i) {
    const std::string& device = settings_.ports[i].device;
    const std::string key = "ports[" + std::to_string(i) + "].device";
    const std::string interface = device_argument(device, "iface");
    std::error_code ignored;
    if (is_pci_device(device)) {
      const std::string address = port_name(device);
      if (!fs::exists("/sys/bus/pci/devices/" + address, ignored)) {
        found_.refused.push_back(at(key, "this machine has no device " + printable(address)));
      }
    } else if (!interface.empty() && !fs::exists("/sys/class/net/" + interface, ignored)) {
      const std::vector<std::string> names = names_in("/sys/class/net");
      const std::vector<std::string_view> known(names.begin(), names.end());
      const std::string_view meant = nearest(interface, known);
      found_.refused.push_back(
          at(key, "this machine has no interface " + printable(interface) +
                      (meant.empty() ? "; it has " + printable(alternatives(known))
                                     : "; did you mean iface=" + printable(meant) + "?")));
    } else if (const std::string merging = merging_problem(device); !merging.empty()) {
      found_.inexact.push_back(at(key, merging));
    }
  }

  void check_files() {
    const ExportSettings& exports = settings_.exports;
    if (const std::string why = hook_problem(exports.hook); !why.empty()) {
      found_.in_vain.push_back(at("export.hook", why));
    }
    if (!exports.events.empty()) {
      if (const std::string why = write_problem(exports.events); !why.empty()) {
        found_.refused.push_back(at("export.events", printable(exports.events) + ": " + why));
      }
    }
    if (!exports.history.empty()) {
      if (const std::string why = write_problem(exports.history); !why.empty()) {
        found_.in_vain.push_back(at("export.history", printable(exports.history) + ": " + why));
      }
    }
    if (const std::string& folder = settings_.evidence.directory; !folder.empty()) {
      if (const std::string why = folder_problem(folder); !why.empty()) {
        found_.in_vain.push_back(at("evidence.directory", printable(folder) + ": " + why));
      }
    }
    for (const auto& [name, profile] : settings_.profiles) {
      const std::string& state = profile.baseline.state;
      if (state.empty() || !profile.baseline.enabled) continue;
      if (const std::string why = write_problem(state); !why.empty()) {
        found_.in_vain.push_back(
            at("profiles." + name + ".baseline.state", printable(state) + ": " + why));
      }
    }
  }

  void check_memory() {
    const unsigned workers = planned_workers(settings_);
    const std::string many = "the tables of " + std::to_string(workers) +
                             (workers == 1 ? " worker take " : " workers take ");
    constexpr const char* kAdvice = "; lower engine.flows, engine.hosts or engine.workers";
    const std::uint64_t left = available_memory();
    try {
      std::vector<NoQueue> queues(workers);
      std::vector<RxQueue*> pointers;
      for (NoQueue& queue : queues) pointers.push_back(&queue);
      std::vector<SignatureError> none;
      const Sensor sensor(
          settings_, pointers, {Nanoseconds{}, settings_.engine.window}, LateMerge::extend,
          [](Nanoseconds, Transition, const Incident&) {}, SignatureSet::load("", none));
      const std::uint64_t wanted = sensor.memory_bytes();
      if (wanted <= left) return;
      found_.refused.push_back(at("engine", many + std::to_string(wanted >> 20) + " MiB, and " +
                                                std::to_string(left >> 20) + " MiB are left" +
                                                kAdvice));
    } catch (const std::exception&) {
      found_.refused.push_back(at("engine", many + "more memory than there is" + kAdvice));
    }
  }

  const Settings& settings_;
  const std::string& file_;
  const ConfigPositions& positions_;
  MachineFindings found_;
};

}  // namespace

MachineFindings check_machine(const Settings& settings, const std::string& file,
                              const ConfigPositions& positions) {
  return MachineChecks(settings, file, positions).run();
}

std::string merging_problem(const std::string& device) {
  // XDP sees packets before the kernel merges them.
  if (!device.starts_with("net_af_packet") && !device.starts_with("net_pcap")) return "";
  const std::string interface = device_argument(device, "iface");
  if (interface.empty()) return "";
  const std::string merging = KernelInterface(interface).merging_offloads();
  if (merging.empty()) return "";
  return printable(interface) + " merges packets into long frames (" + merging +
         " is on), and how many they were is estimated; `ethtool -K " + printable(interface) +
         " gro off lro off` makes the counts exact";
}

std::vector<std::string> merging_ports(const Settings& settings) {
  std::vector<std::string> lines;
  for (const PortSettings& port : settings.ports) {
    const std::string merging = merging_problem(port.device);
    if (!merging.empty()) lines.push_back(port.name + ": " + merging);
  }
  return lines;
}

std::string hook_problem(const std::string& program) {
  if (program.empty() || access(program.c_str(), X_OK) == 0) {
    std::error_code ignored;
    return !program.empty() && fs::is_directory(program, ignored)
               ? printable(program) + " is a folder"
               : "";
  }
  return printable(program) + (errno == ENOENT   ? " is not there"
                               : errno == EACCES ? " may not be executed; chmod +x makes it so"
                                                 : std::string(": ") + std::strerror(errno));
}

}  // namespace floodgauge
