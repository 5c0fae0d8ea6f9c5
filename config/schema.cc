#include "config/schema.h"

#include "config/nearest.h"
#include "config/plain_text.h"
#include "config/service_values.h"
#include "config/threshold_table.h"
#include "config/values.h"

namespace floodgauge {
namespace {

constexpr std::size_t kMaxPorts = 64;
constexpr std::size_t kMaxEntries = 1'000'000;
constexpr std::size_t kMaxProfiles = 1000;
constexpr std::size_t kMaxServices = 64;
constexpr std::size_t kMaxMaintenance = 1000;
constexpr std::size_t kProfileNameBytes = 64;
constexpr std::int64_t kDay = 86'400'000;  // milliseconds

constexpr std::array<std::string_view, 3> kSides = {"outside", "inside", "mirror"};
constexpr std::array<std::string_view, 3> kTunnelAddresses = {"outermost_protected", "outer",
                                                              "inner"};

constexpr auto kMaintenanceFields = std::array{
    field<&MaintenanceWindow::from, Moment>("from", Presence::required),
    field<&MaintenanceWindow::to, Moment>("to", Presence::required),
};

constexpr auto kProtectFields = std::array{
    field<&ProtectEntry::name, Line<128>>("name"),
    field<&ProtectEntry::prefixes, ProtectedPrefixes>("prefixes"),
    field<&ProtectEntry::file, PrefixFilePath>("file"),
    field<&ProtectEntry::profile, ProfileName>("profile"),
    field<&ProtectEntry::maintenance, ListOf<kMaintenanceFields, kMaxMaintenance>>("maintenance"),
};

constexpr auto kServiceFields = std::array{
    field<&ServiceSettings::name, Identifier>("name", Presence::required),
    field<&ServiceSettings::ports, ServicePortList>("ports", Presence::required),
};

constexpr auto kExcludeFields = std::array{
    field<&ExcludeSettings::sources, Prefixes>("sources"),
    field<&ExcludeSettings::targets, Prefixes>("targets"),
};

constexpr auto kPortFields = std::array{
    field<&PortSettings::name, Identifier>("name", Presence::required),
    field<&PortSettings::device, Line<512>>("device", Presence::required),
    field<&PortSettings::side, Choice<kSides>>("side"),
    field<&PortSettings::peer, Identifier>("peer"),
    field<&PortSettings::queues, Count<1, 1024, AutoWord>>("queues"),
    field<&PortSettings::descriptors, Count<64, 32768>>("descriptors"),
    field<&PortSettings::mtu, Mtu>("mtu"),
    field<&PortSettings::sampling, Count<1, 1'000'000>>("sampling"),
};

constexpr std::array<std::string_view, 4> kDuplicateModes = {"auto", "drop", "count", "off"};

constexpr auto kTunnelFields = std::array{
    field<&TunnelSettings::fou, UdpPorts>("fou"),
};

constexpr auto kEngineFields = std::array{
    field<&EngineSettings::workers, Count<1, 127, AutoWord>>("workers"),
    field<&EngineSettings::window, Duration<10, 10'000>>("window"),
    field<&EngineSettings::flows, Count<64, 1u << 28>>("flows"),
    field<&EngineSettings::hosts, Count<16, 1u << 24>>("hosts"),
    field<&EngineSettings::sources, Count<16, 1u << 24>>("sources"),
    field<&EngineSettings::seed, Seed>("seed"),
    field<&EngineSettings::addresses, Choice<kTunnelAddresses>>("addresses"),
    field<&EngineSettings::tunnels, Section<kTunnelFields>>("tunnels"),
    field<&EngineSettings::duplicates, Choice<kDuplicateModes>>("duplicates"),
    field<&EngineSettings::reorder, Duration<1, 60'000>>("reorder"),
};

constexpr auto kLinkFields = std::array{
    field<&LinkSettings::capacity, BitRate>("capacity"),
    field<&LinkSettings::saturation, Decimal<10, 1000>>("saturation"),
};

constexpr auto kBaselineFields = std::array{
    field<&BaselineSettings::enabled, Flag>("enabled"),
    field<&BaselineSettings::learning, Duration<1000, 60 * kDay>>("learning"),
    field<&BaselineSettings::sensitivity, Decimal<500, 1'000'000>>("sensitivity"),
    field<&BaselineSettings::state, FilePath>("state"),
};

/// A map with the keys of kThresholdTable.
struct ThresholdMap {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, Thresholds& out) {
    std::array<std::string_view, kThresholdTable.size()> keys;
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = kThresholdTable[i].key;
    const auto values = reader.match(node, path, keys);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto& row = kThresholdTable[i];
      if (values[i]) read_rate(reader, *values[i], {&path, row.key, 0}, row.kind, out.*row.member);
    }
  }
  static void write(YamlWriter& writer, std::string_view key, const Thresholds& value) {
    writer.open(key);
    for (const auto& row : kThresholdTable) {
      writer.scalar(row.key, rate_or_none_text(value.*row.member, row.kind));
    }
    writer.close();
  }
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const Thresholds& defaults) {
    for (const auto& row : kThresholdTable) {
      rows.push_back({key + "." + std::string(row.key), rate_allowed(row.kind),
                      rate_or_none_text(defaults.*row.member, row.kind)});
    }
  }
  static std::string allowed() { return "a map of rates"; }
};

constexpr auto kProfileFields = std::array{
    field<&Profile::thresholds, ThresholdMap>("thresholds"),
    field<&Profile::prefix_thresholds, ThresholdMap>("prefix_thresholds"),
    field<&Profile::outbound, ThresholdMap>("outbound"),
    field<&Profile::baseline, Section<kBaselineFields>>("baseline"),
    field<&Profile::hold, Duration<0, 7 * kDay>>("hold"),
};

/// Warns when the limit of a whole prefix is below that of one host: it is always exceeded first,
/// so that the limit of the host has no effect.
void warn_of_crossed_limits(Reader& reader, const YamlNode& node, const KeyPath& path,
                            const Profile& profile) {
  for (const auto& row : kThresholdTable) {
    const auto& host = profile.thresholds.*row.member;
    const auto& prefix = profile.prefix_thresholds.*row.member;
    if (!host || !prefix || *prefix >= *host) continue;
    reader.warning(node.position, path,
                   "prefix_thresholds." + std::string(row.key) + " is " +
                       rate_text(*prefix, row.kind) + ", below thresholds." + std::string(row.key) +
                       " with " + rate_text(*host, row.kind) +
                       "; a prefix carries more than one of its hosts");
  }
}

/// Profiles by name. Keys that a profile does not set have the built-in defaults.
struct ProfileMap {
  using Profiles = std::map<std::string, Profile>;

  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, Profiles& out) {
    const auto children = reader.named_children(node, path);
    if (children.size() > kMaxProfiles) {
      reader.error(node.position, path,
                   "has " + std::to_string(children.size()) + " profiles; at most " +
                       std::to_string(kMaxProfiles) + " are allowed");
      return;
    }
    for (const auto& [key, value] : children) {
      const KeyPath profile_path{&path, key->text, 0};
      if (!is_plain_line(key->text) || key->text.size() > kProfileNameBytes) {
        reader.error(key->position, profile_path,
                     "is no name; write one line of at most " + std::to_string(kProfileNameBytes) +
                         " bytes");
        continue;
      }
      Profile& profile = out[key->text];
      read_fields(reader, *value, profile_path, kProfileFields, profile);
      warn_of_crossed_limits(reader, *key, profile_path, profile);
    }
  }
  static void write(YamlWriter& writer, std::string_view key, const Profiles& value) {
    writer.open(key);
    for (const auto& [name, profile] : value) {
      writer.open(name);
      write_fields(writer, kProfileFields, profile);
      writer.close();
    }
    writer.close();
  }
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const Profiles& /*defaults*/) {
    describe_fields(rows, key + ".NAME", kProfileFields, Profile{});
  }
  static std::string allowed() { return "a map of profiles"; }
};

constexpr auto kExportFields = std::array{
    field<&ExportSettings::listen, ListenAddress>("listen"),
    field<&ExportSettings::events, FilePath>("events"),
    field<&ExportSettings::hook, FilePath>("hook"),
    field<&ExportSettings::web_config, FilePath>("web_config"),
    field<&ExportSettings::reload, Flag>("reload"),
    field<&ExportSettings::host_names, HostNames>("host_names"),
    field<&ExportSettings::top_hosts, Count<0, 10000>>("top_hosts"),
    field<&ExportSettings::labels, FilePaths>("labels"),
    field<&ExportSettings::history, FilePath>("history"),
    field<&ExportSettings::history_minutes, Duration<kDay / 24, 3660 * kDay>>("history_minutes"),
    field<&ExportSettings::history_hours, Duration<kDay / 24, 3660 * kDay>>("history_hours"),
    field<&ExportSettings::history_size, Size<8u << 20, std::uint64_t{1} << 42>>("history_size"),
    field<&ExportSettings::history_prefixes, Count<0, 100'000>>("history_prefixes"),
};

constexpr auto kEvidenceFields = std::array{
    field<&EvidenceSettings::directory, FilePath>("directory"),
    field<&EvidenceSettings::packets, Count<10, 10'000>>("packets"),
    field<&EvidenceSettings::before, Duration<0, kDay / 24>>("before"),
    field<&EvidenceSettings::disk, Size<1u << 20, std::uint64_t{1} << 42>>("disk"),
};

constexpr auto kSettingsFields = std::array{
    field<&Settings::protect, ListOf<kProtectFields, kMaxEntries>>("protect"),
    field<&Settings::exclude, Section<kExcludeFields>>("exclude"),
    field<&Settings::ports, ListOf<kPortFields, kMaxPorts>>("ports"),
    field<&Settings::engine, Section<kEngineFields>>("engine"),
    field<&Settings::link, Section<kLinkFields>>("link"),
    field<&Settings::services, ListOf<kServiceFields, kMaxServices>>("services"),
    field<&Settings::profiles, ProfileMap>("profiles"),
    field<&Settings::evidence, Section<kEvidenceFields>>("evidence"),
    field<&Settings::exports, Section<kExportFields>>("export"),
    field<&Settings::signatures, FilePath>("signatures"),
};

}  // namespace

void read_settings(Reader& reader, const YamlNode& document, Settings& settings) {
  read_fields(reader, document, KeyPath{}, kSettingsFields, settings);
}

void write_settings(YamlWriter& writer, const Settings& settings) {
  write_fields(writer, kSettingsFields, settings);
}

std::vector<KeyDescription> describe_settings() {
  std::vector<KeyDescription> rows;
  describe_fields(rows, "", kSettingsFields, Settings{});
  return rows;
}

}  // namespace floodgauge
