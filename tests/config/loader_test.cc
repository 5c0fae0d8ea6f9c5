#include "config/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/config/loaded.h"

namespace floodgauge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Loader, ReadsEverySection) {
  const Settings settings = loaded(R"(
protect:
  - name: name-servers
    prefixes: [198.51.100.0/26, "2001:db8:1::/48"]
    profile: default
  - {prefixes: [203.0.113.7], profile: careful}
exclude: {sources: [192.0.2.0/24], targets: [198.51.100.9/32]}
ports:
  - {name: uplink, device: "0000:03:00.0", side: outside, peer: core, queues: 2, mtu: 9000}
  - {name: core, device: "0000:03:00.1", side: inside, peer: uplink, descriptors: 2048}
engine:   {workers: auto, window: 50ms, flows: 2048, hosts: 100, sources: 16, seed: 7, addresses: inner, tunnels: {fou: [5555, 65535]}, duplicates: drop, reorder: 250ms}
link:     {capacity: 10Gbps, saturation: 0.8}
profiles:
  default:
    thresholds: {packets: 60kpps, bits: 0.5Gbps, new_flows: 20kps, connections: 6kpps, syn: none}
    baseline: {enabled: false, learning: 90m, sensitivity: 3, state: /var/lib/floodgauge/learnt}
    hold: 1.5s
  careful: {}
export:   {listen: "[::1]:9733", events: events.jsonl, hook: /path/to/program, web_config: web.yaml,
           reload: true, host_names: [sensor.example.net], top_hosts: 10, history: h.db, history_minutes: 7d, history_hours: 30d,
           history_size: 64MiB, history_prefixes: 20, labels: [asn.mmdb, country.mmdb]}
evidence: {directory: proof, packets: 500, before: 2s, disk: 10MiB}
signatures: own.txt
)");
  EXPECT_EQ(settings.evidence, (EvidenceSettings{"proof", 500, whole_seconds(2), 10u << 20}));
  ASSERT_EQ(settings.protect.size(), 2u);
  EXPECT_EQ(settings.protect[0].name, "name-servers");
  ASSERT_EQ(settings.protect[0].prefixes.size(), 2u);
  EXPECT_EQ(settings.protect[0].prefixes[1].text(), "2001:db8:1::/48");
  EXPECT_EQ(settings.protect[1].prefixes[0].text(), "203.0.113.7/32")
      << "an address without a length is a host";
  EXPECT_EQ(settings.protect[1].profile, "careful");
  EXPECT_EQ(settings.exclude.sources[0].text(), "192.0.2.0/24");
  EXPECT_EQ(settings.exclude.targets[0].text(), "198.51.100.9/32");
  ASSERT_EQ(settings.ports.size(), 2u);
  EXPECT_EQ(settings.ports[0],
            (PortSettings{"uplink", "0000:03:00.0", PortSide::outside, "core", 2, 1024, 9000}));
  EXPECT_EQ(settings.ports[1].descriptors, 2048);
  EXPECT_EQ(settings.engine, (EngineSettings{0,
                                             milliseconds(50),
                                             2048,
                                             100,
                                             16,
                                             7,
                                             TunnelAddresses::inner,
                                             {{5555, 65535}},
                                             DuplicateMode::drop,
                                             milliseconds(250)}));
  EXPECT_EQ(settings.link, (LinkSettings{10e9, 0.8}));
  const Profile& profile = settings.profiles.at("default");
  EXPECT_EQ(profile.thresholds.packets, 60e3);
  EXPECT_EQ(profile.thresholds.bits, 500e6);
  EXPECT_EQ(profile.thresholds.new_flows, 20e3);
  EXPECT_EQ(profile.thresholds.connections, 6e3) << "events may be written in the units of packets";
  EXPECT_EQ(profile.thresholds.syn, std::nullopt) << "none switches a limit off";
  EXPECT_EQ(profile.thresholds.ack, default_host_thresholds().ack)
      << "the other limits keep their defaults";
  EXPECT_EQ(profile.prefix_thresholds, default_prefix_thresholds());
  EXPECT_EQ(profile.baseline,
            (BaselineSettings{false, whole_seconds(5400), 3, "/var/lib/floodgauge/learnt"}));
  EXPECT_EQ(profile.hold, milliseconds(1500));
  EXPECT_EQ(settings.profiles.at("careful"), Profile{});
  EXPECT_EQ(settings.exports, (ExportSettings{"[::1]:9733",
                                              "events.jsonl",
                                              "/path/to/program",
                                              "web.yaml",
                                              true,
                                              10,
                                              "h.db",
                                              whole_seconds(7 * 86'400),
                                              whole_seconds(30 * 86'400),
                                              64u << 20,
                                              {"asn.mmdb", "country.mmdb"},
                                              20,
                                              {"sensor.example.net"}}));
  EXPECT_EQ(settings.signatures, "own.txt");
}

TEST(Loader, GivesDefaultsForMissingKeys) {
  EXPECT_EQ(loaded("{}"), Settings{});
  EXPECT_EQ(loaded("protect:\nengine:\nprofiles:\n"), Settings{}) << "sections left empty";
  EXPECT_EQ(loaded("profiles: {web: {hold: 5s}}").profiles.count("default"), 1u);
  EXPECT_EQ(loaded("\xef\xbb\xbflink: {capacity: 1Gbps}\r\n").link.capacity, 1e9)
      << "a byte order mark and DOS line ends";
}

TEST(Loader, FindsPeersThatDoNotNameEachOther) {
  EXPECT_THAT(
      errors_of("ports:\n"
                "- {name: a, device: x, side: outside, peer: b}\n"
                "- {name: b, device: y, side: inside, peer: c}\n"
                "- {name: c, device: z, side: outside, peer: b}\n"),
      ElementsAre("link.yaml:2:45: ports[0].peer: b does not have a for its peer; two ports "
                  "are each other's"));
}

TEST(Loader, TakesOverlappingPrefixes) {
  EXPECT_EQ(loaded("protect: [{prefixes: [192.0.2.0/24, 192.0.2.0/25, 0.0.0.0/0]}]")
                .protect[0]
                .prefixes.size(),
            3u);
}

TEST(Loader, WarnsOfProbableMistakes) {
  const auto result = parse_config(
      "profiles:\n"
      "  default: {thresholds: {packets: 1Mpps}}\n"
      "  gold: {}\n",
      "link.yaml");
  EXPECT_TRUE(result.settings);
  EXPECT_THAT(texts(result.warnings),
              ElementsAre("link.yaml:2:3: profiles.default: prefix_thresholds.packets is 200kpps, "
                          "below thresholds.packets with 1Mpps; a prefix carries more than one of "
                          "its hosts",
                          "link.yaml:3:3: profiles.gold: no entry of protect uses this profile; "
                          "name it there, or remove it"));
}

TEST(Loader, KeepsTheListOfErrorsReadable) {
  std::string yaml;
  for (int i = 0; i < 5000; ++i) yaml += "unknown" + std::to_string(i) + ": 1\n";
  const auto errors = errors_of(yaml);
  ASSERT_EQ(errors.size(), 1001u);
  EXPECT_EQ(errors.back(), "link.yaml: 4000 more are not shown; mend these first");
}

TEST(Loader, ReadsAHundredThousandPrefixes) {
  std::string yaml = "protect:\n  - prefixes:\n";
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    yaml += "    - " + IpPrefix::around(IpAddress::from_v4(i << 12), 24).text() + "\n";
  }
  EXPECT_EQ(loaded(yaml).protect[0].prefixes.size(), 100'000u);
}

TEST(Loader, ReadsAHundredThousandEntriesOfOnePrefix) {
  std::string yaml = "protect:\n";
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    yaml += "  - {name: customer-" + std::to_string(i) + ", prefixes: [" +
            IpPrefix::around(IpAddress::from_v4(i << 12), 24).text() + "], profile: default}\n";
  }
  EXPECT_EQ(loaded(yaml).protect.size(), 100'000u);
}

/// A file of this test, gone at its end.
class TextFile {
 public:
  explicit TextFile(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  ~TextFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = testing::TempDir() + "floodgauge-prefixes-" + std::to_string(getpid());
};

TEST(Loader, ReadsPrefixesFromAFile) {
  const TextFile file(
      "\xef\xbb\xbf# ours\r\n198.51.100.0/24\r\n\n  2001:db8::/32  # v6\n203.0.113.7");
  const Settings settings =
      loaded("protect: [{name: web, prefixes: [192.0.2.0/24], file: " + file.path() +
             "}, {prefixes: [198.51.100.0/25]}]\n");
  std::vector<std::string> prefixes;
  for (const IpPrefix& prefix : settings.protect[0].prefixes) prefixes.push_back(prefix.text());
  EXPECT_THAT(prefixes,
              ElementsAre("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32", "203.0.113.7/32"));
}

TEST(Loader, TellsTheLinesOfAFileOfPrefixes) {
  const TextFile file(
      "192.0.2.0/24\n\n 198.51.100.1/24\nweb\n203.0.113.0/24\n203.0.113.0/24 # again\n");
  const std::string& path = file.path();
  EXPECT_THAT(
      errors_of("protect:\n- prefixes: [192.0.2.0/24]\n- file: " + path + "\n- colour: red\n"),
      ElementsAre(
          "link.yaml:4:3: protect[2].colour: unknown key; allowed are name, prefixes, file, "
          "profile or maintenance",
          "link.yaml:4:3: protect[2].prefixes: is missing; write a list of IPv4 and IPv6 prefixes, "
          "or file: with a path",
          path +
              ":1:1: protect[1].file: 192.0.2.0/24 is protected already, in line 2 of link.yaml; "
              "remove one of the two",
          path + ":3:2: protect[1].file: 198.51.100.1/24 has host bits set; did you mean "
                 "198.51.100.0/24?",
          path + ":4:1: protect[1].file: web is not a prefix; write one like 192.0.2.0/24 or "
                 "\"2001:db8::/32\"",
          path +
              ":6:1: protect[1].file: 203.0.113.0/24 is protected already, in line 5; remove one "
              "of the two"));
}

TEST(Loader, AFileOfPrefixesMustBeThereAndHaveOne) {
  const TextFile file("# nothing yet\n");
  EXPECT_THAT(
      errors_of("protect: [{file: " + file.path() + "}]"),
      ElementsAre(file.path() + ": protect[0].file: has no prefix; write one or more, one a line"));
  EXPECT_THAT(errors_of("protect: [{file: /nonexistent/networks.txt}]"),
              ElementsAre("/nonexistent/networks.txt: protect[0].file: cannot be read: No such "
                          "file or directory"));
  EXPECT_THAT(errors_of("protect: [{file: /}]"),
              ElementsAre("/: protect[0].file: is a directory; name a file"));
}

TEST(CheckForRun, NeedsPrefixesAndPorts) {
  const auto empty = parse_config("protect: []\n", "link.yaml");
  ASSERT_TRUE(empty.settings);
  EXPECT_THAT(
      texts(check_for_run(*empty.settings, "link.yaml", empty.positions)),
      ElementsAre("link.yaml:1:10: protect: is missing, and run needs it; write the prefixes "
                  "to watch",
                  "link.yaml: ports: is missing, and run needs it; write the ports to read "
                  "packets from"));
  EXPECT_THAT(check_for_run(loaded("protect: [{prefixes: [192.0.2.0/24]}]\n"
                                   "ports: [{name: span, device: 'net_af_xdp0,iface=eth2'}]\n"),
                            "link.yaml"),
              IsEmpty());
}

TEST(CheckForRun, FindsPortsThatDoNotFit) {
  Settings settings;
  settings.protect.push_back({"", {*IpPrefix::parse("192.0.2.0/24")}, "default"});
  settings.ports.push_back({"a", "0000:03:00.0", PortSide::outside, "b"});
  EXPECT_THAT(texts(check_for_run(settings, "link.yaml")),
              ElementsAre("link.yaml: ports[0].peer: b is no port; write the name of another one"));
}

TEST(CheckForRun, FindsDevicesThatNoMachineHasOrTwoPortsShare) {
  const auto loaded = parse_config(R"(protect: [{prefixes: [192.0.2.0/24]}]
ports:
- {name: a, device: eth2}
- {name: b, device: "network card"}
- {name: c, device: "0000:03:00.0"}
- {name: d, device: "03:00.0,arg=1"}
- {name: e, device: "net_af_packet0,iface=eth3,qpairs=2"}
- {name: f, device: "net_af_packet1,iface=eth3"}
- {name: g, device: "net_af_packet2,iface=eth4"}
- {name: h, device: "net_ring0"}
- {name: i, device: "net_af_xdp0,iface=eth5,start_queue=0"}
- {name: j, device: "net_af_xdp1,iface=eth5,start_queue=1"}
- {name: k, device: "net_af_xdp2,iface=eth5,start_queue=1"}
)",
                                   "link.yaml");
  ASSERT_TRUE(loaded.settings);
  EXPECT_THAT(
      texts(check_devices(*loaded.settings, "link.yaml", loaded.positions)),
      ElementsAre("link.yaml:3:21: ports[0].device: eth2 is neither a PCI address nor a virtual "
                  "device; did you mean \"net_af_packet0,iface=eth2\"?",
                  "link.yaml:4:21: ports[1].device: network card is neither a PCI address nor a "
                  "virtual device; write one like 0000:03:00.0 or \"net_af_packet0,iface=eth2\"",
                  "link.yaml:6:21: ports[3].device: 0000:03:00.0 is that of ports[2] already; give "
                  "each port its own",
                  "link.yaml:8:21: ports[5].device: interface eth3 is that of ports[4] already; "
                  "give each port its own",
                  "link.yaml:13:21: ports[10].device: interface eth5 from queue 1 on is that of "
                  "ports[9] already; give each port its own"));
}

TEST(Loader, BoundsTheHistory) {
  EXPECT_EQ(loaded("export: {history_size: 8MiB}\n").exports.history_size, 8u << 20);
  EXPECT_EQ(loaded("export: {history_size: 4096GiB}\n").exports.history_size,
            std::uint64_t{1} << 42);
  for (const char* yaml :
       {"export: {history_size: 8191KiB}\n", "export: {history_size: 4097GiB}\n"}) {
    EXPECT_THAT(errors_of(yaml), ElementsAre(HasSubstr("is out of range; write 8MiB to 4096GiB")));
  }
  EXPECT_THAT(errors_of("export: {history_size: 100}\n"), ElementsAre(HasSubstr("no unit")));
  EXPECT_THAT(errors_of("export: {history_minutes: 59m}\n"),
              ElementsAre(HasSubstr("is too short; write 1h to 3660d")));
  EXPECT_EQ(loaded("export: {history_minutes: 1h}\n").exports.history_minutes, whole_seconds(3600));
  EXPECT_THAT(errors_of("export: {labels: asn.mmdb}\n"), testing::SizeIs(1)) << "it is a list";
}

TEST(Loader, ReadsAListeningAddressOfIpv6WithoutQuotes) {
  for (const char* yaml :
       {"export:\n  listen: [::]:9733\n", "export: {listen: [::]:9733, reload: true}\n",
        "export:\n  reload: true\n  listen:   [::]:9733  # all\n",
        "export: {listen: \"[::]:9733\"}\n"}) {
    EXPECT_EQ(loaded(yaml).exports.listen, "[::]:9733") << yaml;
  }
  EXPECT_EQ(loaded("export: {listen: [2001:db8::1]:80}\n").exports.listen, "[2001:db8::1]:80");
  EXPECT_THAT(errors_of("export: {listen: [a, b]}\n"), ElementsAre(HasSubstr("is a list")));
  EXPECT_EQ(loaded("protect: [{name: \"x listen: [::]:9\", prefixes: [::/0]}]\n").protect[0].name,
            "x listen: [::]:9");
}

TEST(Loader, FindsBlanksThatAreNone) {
  EXPECT_THAT(
      errors_of("link:\n  capacity:\xc2\xa0"
                "10Gbps\n"),
      ElementsAre(
          "link.yaml:2:12: holds a no-break space (U+00A0), which looks like a blank or like "
          "nothing; write a plain blank, or remove it"));
  EXPECT_THAT(errors_of("link: {\xe2\x80\x8b"
                        "capacity: 10Gbps}\n"),
              ElementsAre(HasSubstr("U+200B")));
  // In comments and in quotes they do no harm.
  EXPECT_EQ(loaded("\xef\xbb\xbf# a\xc2\xa0"
                   "comment\nprotect: [{name: \"a\xc2\xa0"
                   "b\", prefixes: [::/0]}]\n")
                .protect[0]
                .name,
            "a\xc2\xa0"
            "b");
  EXPECT_EQ(loaded("protect: [{name: it's#\u00e9t\u00e9, prefixes: [::/0]}]\n").protect.size(), 1u);
}

TEST(Loader, ReadsNamesOfHosts) {
  EXPECT_EQ(loaded("export: {host_names: [fg.example, a-b.example.net]}\n").exports.host_names,
            (std::vector<std::string>{"fg.example", "a-b.example.net"}));
  for (const char* name : {"'fg.example:9733'", "'http://fg.example'", "''", "'a b'", "'fg_1'"}) {
    EXPECT_THAT(errors_of("export: {host_names: [" + std::string(name) + "]}\n"),
                ElementsAre(HasSubstr("is no name of a host")))
        << name;
  }
  std::string many = "a";
  for (int i = 1; i < 32; ++i) many += ", a";
  EXPECT_EQ(loaded("export: {host_names: [" + many + "]}\n").exports.host_names.size(), 32u);
  EXPECT_THAT(errors_of("export: {host_names: [" + many + ", a]}\n"),
              ElementsAre(HasSubstr("at most 32 are allowed")));
}

TEST(LoadConfig, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(texts(load_config("/nonexistent/link.yaml").errors),
              ElementsAre("/nonexistent/link.yaml: cannot be read: No such file or directory"));
  EXPECT_THAT(texts(load_config("/").errors), ElementsAre("/: is a directory; name a file"));
  EXPECT_THAT(texts(load_config("/dev/null").errors),
              ElementsAre(HasSubstr("/dev/null: is empty; write at least protect:")));
  EXPECT_THAT(texts(load_config("/dev/zero").errors),
              ElementsAre(HasSubstr("/dev/zero: is larger than 16 MiB")));
}

/// The folder of the examples, from meson.
std::filesystem::path config_folder() {
  const char* root = std::getenv("FLOODGAUGE_SOURCE_ROOT");
  return std::filesystem::path(root ? root : ".") / "config";
}

TEST(Examples, Load) {
  for (const char* name : {"tap.yaml", "inline.yaml", "replay.yaml"}) {
    SCOPED_TRACE(name);
    const auto result = load_config(config_folder() / "examples" / name);
    EXPECT_THAT(texts(result.errors), IsEmpty());
    EXPECT_THAT(texts(result.warnings), IsEmpty());
    ASSERT_TRUE(result.settings);
    const auto missing = check_for_run(*result.settings, name, result.positions);
    if (std::string_view(name) == "replay.yaml") {
      EXPECT_EQ(missing.size(), 1u) << "it has no ports";
    } else {
      EXPECT_THAT(texts(missing), IsEmpty());
    }
  }
}

}  // namespace
}  // namespace floodgauge
