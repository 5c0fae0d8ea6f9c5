// `floodgauge import fastnetmon`: what it makes loads, and has the limits and networks of
// FastNetMon.
#include "config/import/fastnetmon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/loader.h"
#include "config/threshold_table.h"

namespace floodgauge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A folder with FastNetMon's files, gone at the end of the test.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_ = std::filesystem::path(testing::TempDir()) /
                                ("floodgauge-fastnetmon-" + std::to_string(getpid()));
};

struct Made {
  std::string yaml;
  Settings settings;
};

Made made_from(const Folder& folder, const std::string& conf) {
  const FastnetmonImport made = import_fastnetmon(folder.write("fastnetmon.conf", conf));
  EXPECT_EQ(made.error, "");
  LoadResult loaded = parse_config(made.yaml, "made.yaml");
  for (const ConfigError& error : loaded.errors) ADD_FAILURE() << error.text() << "\n" << made.yaml;
  EXPECT_THAT(loaded.warnings, IsEmpty()) << made.yaml;
  return {made.yaml, loaded.settings.value_or(Settings{})};
}

std::vector<std::string> texts(const std::vector<IpPrefix>& prefixes) {
  std::vector<std::string> out;
  for (const IpPrefix& prefix : prefixes) out.push_back(prefix.text());
  return out;
}

constexpr const char* kAsInstalled = R"(# Main
enable_ban = on
process_incoming_traffic = on
process_outgoing_traffic = on
ban_time = 1900
networks_list_path = /etc/networks_list
white_list_path = /etc/networks_whitelist
ban_for_pps = on
ban_for_bandwidth = on
ban_for_flows = off
threshold_pps = 20000
threshold_mbps = 1000
threshold_flows = 3500
threshold_udp_pps = 100000
ban_for_udp_pps = off
mirror_afpacket = off
interfaces = eth3,eth4
notify_script_path = /usr/local/bin/notify_about_attack.sh
my_hosts_enable_ban = off
my_hosts_threshold_pps = 100000
redis_enabled = off
)";

TEST(Fastnetmon, LimitsThatAreOnAreEqualAndOthersAreNone) {
  const Folder folder;
  folder.write("networks_list", "198.51.100.0/24\n2001:db8::/32\n");
  const Made made = made_from(folder, kAsInstalled);
  const Thresholds& host = made.settings.profiles.at("default").thresholds;
  EXPECT_EQ(host.packets, 20e3);
  EXPECT_EQ(host.bits, 1e9);
  EXPECT_EQ(host.new_flows, std::nullopt);
  // Of a protocol whose own limit is off, a flood is found by the limit of all packets.
  EXPECT_EQ(host.udp, 20e3);
  EXPECT_EQ(host.syn, 20e3);
  const Thresholds& prefix = made.settings.profiles.at("default").prefix_thresholds;
  EXPECT_EQ(prefix.packets, kPrefixThresholdFactor * 20e3);
  EXPECT_EQ(prefix.new_flows, std::nullopt);
  EXPECT_FALSE(made.settings.profiles.at("default").baseline.enabled);
}

TEST(Fastnetmon, LimitsOfProtocolsApplyToTheirKindsOfTraffic) {
  const Folder folder;
  const Made made = made_from(folder, R"(ban_for_pps = on
threshold_pps = 50000
ban_for_flows = on
threshold_flows = 3500
ban_for_tcp_pps = on
threshold_tcp_pps = 30000
ban_for_udp_pps = on
threshold_udp_pps = 7000
ban_for_icmp_pps = on
threshold_icmp_pps = 900
ban_for_udp_bandwidth = on
threshold_udp_mbps = 80
)");
  const Thresholds& host = made.settings.profiles.at("default").thresholds;
  EXPECT_EQ(host.packets, 50e3);
  EXPECT_EQ(host.bits, std::nullopt);
  EXPECT_EQ(host.new_flows, 3500);
  EXPECT_EQ(host.syn, 30e3);
  EXPECT_EQ(host.ack, 30e3);
  EXPECT_EQ(host.udp, 7e3);
  EXPECT_EQ(host.reflection, 7e3);
  EXPECT_EQ(host.icmp, 900);
  EXPECT_EQ(host.gre, 50e3);
  EXPECT_THAT(made.yaml,
              HasSubstr("# threshold_udp_mbps = 80: floodgauge limits the bits of a host"));
}

TEST(Fastnetmon, NetworksGroupsAndWhitelist) {
  const Folder folder;
  // A list that is not where the configuration says is looked for beside it.
  folder.write(
      "networks_list",
      "# ours\n198.51.100.0/24\n198.51.100.0/24\n203.0.113.9/24\n203.0.113.7\n2001:db8::/32\n");
  folder.write("networks_whitelist", "203.0.113.7/32\n");
  const Made made = made_from(folder, R"(networks_list_path = /nonexistent/networks_list
white_list_path = /nonexistent/networks_whitelist
ban_for_pps = on
threshold_pps = 20000
hostgroup = busy:203.0.113.7/32,203.0.113.8/32
hostgroup = quiet:2001:db8:1::/48
hostgroup = broken
busy_enable_ban = on
busy_ban_for_pps = on
busy_threshold_pps = 100000
quiet_enable_ban = off
quiet_ban_for_pps = on
quiet_threshold_pps = 5
)");
  const auto& protect = made.settings.protect;
  ASSERT_EQ(protect.size(), 3u);
  EXPECT_EQ(protect[0].name, "busy");
  EXPECT_EQ(protect[0].profile, "busy");
  EXPECT_THAT(texts(protect[0].prefixes), ElementsAre("203.0.113.7/32", "203.0.113.8/32"));
  EXPECT_EQ(protect[1].profile, "quiet");
  EXPECT_THAT(texts(protect[2].prefixes), ElementsAre("198.51.100.0/24", "2001:db8::/32"));
  EXPECT_THAT(made.yaml,
              HasSubstr("networks_list:4:1: networks_list_path: 203.0.113.9/24 has host bits"));
  EXPECT_THAT(made.yaml, HasSubstr("# line 7 is not `key = value`"));
  EXPECT_THAT(texts(made.settings.exclude.targets), ElementsAre("203.0.113.7/32"));
  EXPECT_EQ(made.settings.profiles.at("busy").thresholds.packets, 100e3);
  EXPECT_EQ(made.settings.profiles.at("quiet").thresholds.packets, std::nullopt);
  EXPECT_EQ(made.settings.profiles.at("default").thresholds.packets, 20e3);
}

TEST(Fastnetmon, InterfacesThatItReadsBecomePorts) {
  const Folder folder;
  EXPECT_THAT(made_from(folder, kAsInstalled).settings.ports, IsEmpty());
  const Made made = made_from(folder, "mirror_afpacket = on\ninterfaces = eth3, eth4\n");
  ASSERT_EQ(made.settings.ports.size(), 2u);
  EXPECT_EQ(made.settings.ports[1].name, "eth4");
  EXPECT_EQ(made.settings.ports[1].device, "net_af_packet1,iface=eth4");
  EXPECT_EQ(made.settings.ports[1].side, PortSide::mirror);
  EXPECT_EQ(made_from(folder, "mirror_afxdp = on\ninterfaces = eth3\n").settings.ports[0].device,
            "net_af_xdp0,iface=eth3");
}

TEST(Fastnetmon, EachKeyWithoutATwinHasAComment) {
  const Folder folder;
  const Made made = made_from(folder, std::string(kAsInstalled) + "a_key_of_tomorrow = 7\n");
  for (const char* comment :
       {"# redis_enabled = off: use `export.events`", "# ban_time = 1900: floodgauge tells",
        "# threshold_udp_pps = 100000: its switch is not on",
        "# my_hosts_threshold_pps = 100000: belongs to a host group that is not defined",
        "# a_key_of_tomorrow = 7: unknown"}) {
    EXPECT_THAT(made.yaml, HasSubstr(comment));
  }
  EXPECT_THAT(made.yaml, Not(HasSubstr("# threshold_pps = 20000:")));
}

TEST(Fastnetmon, TheNotifyScriptIsRunWithTheArgumentsThatItKnows) {
  const Folder folder;
  const Made made = made_from(folder, kAsInstalled);
  EXPECT_EQ(made.settings.exports.hook, "/usr/share/floodgauge/hooks/fastnetmon_notify");
  EXPECT_THAT(made.yaml, HasSubstr("/usr/local/bin/notify_about_attack.sh"));
  EXPECT_EQ(made_from(folder, "threshold_pps = 5\n").settings.exports.hook, "");
}

TEST(Fastnetmon, ValuesThatFloodgaugeCannotHaveBecomeNone) {
  const Folder folder;
  const Made made = made_from(folder, R"(ban_for_pps = on
threshold_pps = 0
ban_for_bandwidth = on
threshold_mbps = 99999999999999
ban_for_flows = on
threshold_flows = many
)");
  const Thresholds& host = made.settings.profiles.at("default").thresholds;
  EXPECT_EQ(host.packets, std::nullopt);
  EXPECT_EQ(host.bits, std::nullopt);
  EXPECT_EQ(host.new_flows, std::nullopt);
}

TEST(Fastnetmon, HostsThatSendHaveTheSameLimitsOrTheirOwn) {
  const Folder folder;
  const Made same = made_from(folder, kAsInstalled);
  EXPECT_EQ(same.settings.profiles.at("default").outbound.packets, 20e3);
  EXPECT_EQ(same.settings.profiles.at("default").outbound.bits, 1e9);
  const Made own = made_from(folder, R"(ban_for_pps = on
threshold_pps = 20000
ban_for_pps_outgoing = on
threshold_pps_outgoing = 7000
)");
  EXPECT_EQ(own.settings.profiles.at("default").thresholds.packets, 20e3);
  EXPECT_EQ(own.settings.profiles.at("default").outbound.packets, 7e3);
  const Made none =
      made_from(folder, "process_outgoing_traffic = off\nban_for_pps = on\nthreshold_pps = 9000\n");
  EXPECT_EQ(none.settings.profiles.at("default").outbound.packets, std::nullopt);
  EXPECT_EQ(none.settings.profiles.at("default").thresholds.packets, 9e3);
}

TEST(Fastnetmon, TrafficThatItDoesNotProcessHasNoLimits) {
  const Folder folder;
  const Made made =
      made_from(folder, "process_incoming_traffic = off\nban_for_pps = on\nthreshold_pps = 9000\n");
  EXPECT_EQ(made.settings.profiles.at("default").thresholds.packets, std::nullopt);
}

TEST(Fastnetmon, AFileThatIsNoneIsRefused) {
  const Folder folder;
  EXPECT_THAT(import_fastnetmon("/nonexistent/fastnetmon.conf").error,
              HasSubstr("cannot be read: No such file or directory"));
  EXPECT_THAT(import_fastnetmon(folder.write("binary", std::string("a\0b", 3))).error,
              HasSubstr("is no text"));
}

}  // namespace
}  // namespace floodgauge
