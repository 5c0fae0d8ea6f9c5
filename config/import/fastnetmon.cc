#include "config/import/fastnetmon.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "config/file_text.h"
#include "config/import/fastnetmon_conf.h"
#include "config/import/fastnetmon_limits.h"
#include "config/import/fastnetmon_twins.h"
#include "config/plain_text.h"
#include "config/prefix_file.h"
#include "config/schema.h"
#include "config/yaml_writer.h"

namespace floodgauge {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + ",") {
    if (c != ',' && c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

class Translation {
 public:
  Translation(const std::string& path, std::string_view text) : path_(path), conf_(text) {}

  std::string yaml() {
    out_ = "# Made from " + printable(path_) +
           " by `floodgauge import fastnetmon`. Each limit is the one of FastNetMon, so that the "
           "same\n"
           "# floods are told. FastNetMon compares all traffic with its limits; floodgauge "
           "compares what is\n"
           "# not part of answered conversations, so that a busy server is not taken for an "
           "attacked one.\n";
    for (const int line : conf_.bad_lines())
      note("line " + std::to_string(line) + " is not `key = value`");
    write_protect();
    write_exclude();
    write_ports();
    out_ += "\nprofiles:\n" + fastnetmon_profile("default", "", conf_);
    for (const std::string& group : groups_) {
      out_ += fastnetmon_profile(group, group + "_", conf_);
    }
    write_export();
    write_rest();
    return std::move(out_);
  }

 private:
  void note(const std::string& text) { out_ += "# " + text + "\n"; }

  /// The prefixes of a list, each once; lines that are none become comments.
  std::vector<std::string> prefixes_in(const std::string& key) {
    std::string path = conf_.value(key);
    if (path.empty()) return {};
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      const auto beside =
          std::filesystem::path(path_).parent_path() / std::filesystem::path(path).filename();
      if (std::filesystem::exists(beside, ignored)) path = beside.string();
    }
    const PrefixFile file = read_prefix_file(path, key);
    std::vector<std::string> texts;
    // An empty list is as FastNetMon is installed.
    const bool empty = file.errors.size() == 1 && file.errors[0].line == 0 &&
                       std::filesystem::exists(path, ignored);
    if (!empty) {
      for (const ConfigError& error : file.errors) note(error.text());
    }
    for (const PrefixLine& line : file.prefixes) add(line.prefix, texts);
    return texts;
  }

  /// Adds a prefix that is not in the configuration yet: floodgauge wants each of them once.
  void add(const IpPrefix& prefix, std::vector<std::string>& texts) {
    if (known_.insert(prefix).second) texts.push_back(prefix.text());
  }

  std::vector<std::string> prefixes_of(const FastnetmonConf::HostGroup& group) {
    std::vector<std::string> texts;
    for (const std::string& word : split(group.networks)) {
      std::string problem;
      if (const auto prefix = parse_prefix(word, problem)) {
        add(*prefix, texts);
      } else {
        note("hostgroup " + printable(group.name) + ": " + problem);
      }
    }
    return texts;
  }

  void write_entry(std::string& entries, const std::string& name,
                   const std::vector<std::string>& prefixes, bool own_profile) {
    if (prefixes.empty()) return;
    YamlWriter writer;
    writer.begin_item();
    writer.scalar("name", name);
    writer.list("prefixes", prefixes);
    if (own_profile) writer.scalar("profile", name);
    writer.end_item();
    entries += writer.take();
  }

  void write_protect() {
    std::string entries;
    for (const FastnetmonConf::HostGroup& group : conf_.host_groups()) {
      if (std::find(groups_.begin(), groups_.end(), group.name) != groups_.end() ||
          group.name == "default") {
        note("hostgroup " + printable(group.name) + ": the name is taken; give it another one");
        continue;
      }
      const std::vector<std::string> prefixes = prefixes_of(group);
      if (prefixes.empty()) continue;
      groups_.push_back(group.name);
      write_entry(entries, group.name, prefixes, true);
    }
    const std::string list = conf_.value("networks_list_path");
    write_entry(entries, "networks", prefixes_in("networks_list_path"), false);
    if (entries.empty()) {
      note("FastNetMon has no networks" + (list.empty() ? "" : " in " + printable(list)) +
           (conf_.is_on("monitor_local_ip_addresses")
                ? ", and watches the addresses of its own machine"
                : "") +
           ". Write those to watch:");
      note("protect: [{name: networks, prefixes: [198.51.100.0/24, \"2001:db8::/32\"]}]");
    } else {
      out_ += "\nprotect:\n" + entries;
      if (!list.empty()) {
        note("In place of `prefixes`, `file: " + printable(list) +
             "` has the list read again at each reload.");
      }
    }
  }

  void write_exclude() {
    known_.clear();
    const std::vector<std::string> prefixes = prefixes_in("white_list_path");
    if (prefixes.empty()) return;
    YamlWriter writer;
    writer.open("exclude");
    writer.list("targets", prefixes);
    out_ += "\n" + writer.take();
  }

  void write_ports() {
    const bool af_packet = conf_.is_on("mirror_afpacket");
    const bool af_xdp = conf_.is_on("mirror_afxdp");
    const std::vector<std::string> interfaces = split(conf_.value("interfaces"));
    std::string ports;
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
      const std::string device =
          (af_xdp ? "net_af_xdp" : "net_af_packet") + std::to_string(i) + ",iface=" + interfaces[i];
      const std::string name = interfaces[i];
      ports += "  - {name: " + yaml_quoted(name) + ", device: " + yaml_quoted(device) +
               ", side: mirror" + sampling() + "}\n";
    }
    if (ports.empty() || !(af_packet || af_xdp)) {
      out_ += "\n";
      note(
          "FastNetMon reads no interface. floodgauge reads packets, no flow records (NetFlow, "
          "IPFIX, sFlow):");
      note("ports: [{name: span, device: \"net_af_packet0,iface=eth2\", side: mirror}]");
      return;
    }
    out_ += "\nports:\n" + ports;
  }

  std::string sampling() {
    const auto rate = conf_.number("mirror_af_packet_custom_sampling_rate");
    const bool is_known = has_key("ports[].sampling");
    if (!rate || *rate <= 1 || !is_known) return "";
    return ", sampling: " + std::to_string(*rate);
  }

  static bool has_key(const std::string& key) {
    const auto rows = describe_settings();
    return std::any_of(rows.begin(), rows.end(),
                       [&](const KeyDescription& row) { return row.key == key; });
  }

  void write_export() {
    out_ += "\nexport:\n";
    const std::string script = conf_.value("notify_script_path");
    if (!script.empty()) {
      out_ +=
          "  # Runs notify_script_path, " + printable(script) +
          ", with the arguments that FastNetMon gives it.\n"
          "  # For another path than /usr/local/bin/notify_about_attack.sh set it in the service:\n"
          "  # Environment=FLOODGAUGE_NOTIFY_SCRIPT=" +
          printable(script) + "\n  hook: /usr/share/floodgauge/hooks/fastnetmon_notify\n";
    }
    out_ +=
        "  listen: \"127.0.0.1:9733\"    # Prometheus scrapes it: floodgauge has other metrics "
        "than "
        "FastNetMon\n";
  }

  void write_rest() {
    const std::vector<std::string> keys = conf_.unused();
    if (keys.empty()) return;
    out_ += "\n# Keys of FastNetMon that have no twin here:\n";
    for (const std::string& key : keys) {
      note(printable(key) + " = " + printable(conf_.value(key)) + ": " + fastnetmon_reason(key));
    }
  }

  const std::string& path_;
  FastnetmonConf conf_;
  std::string out_;
  std::vector<std::string> groups_;
  std::set<IpPrefix> known_;
};

}  // namespace

FastnetmonImport import_fastnetmon(const std::string& path) {
  std::string text;
  std::string wrong = read_file_text(path, kMaxBytes, text);
  if (wrong.empty() && text.size() > kMaxBytes) wrong = "is larger than 4 MiB; is it another file?";
  if (wrong.empty() && find_non_text(text)) wrong = "is no text; is it another file?";
  if (!wrong.empty()) return {.yaml = "", .error = path + ": " + wrong};
  return {.yaml = Translation(path, text).yaml(), .error = ""};
}

}  // namespace floodgauge
