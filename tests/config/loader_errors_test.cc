// The loader has an error for each mistake, which says where it is and what to write.
#include "config/loader.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/loaded.h"

namespace floodgauge {
namespace {

using ::testing::ElementsAre;

TEST(Loader, SaysWhereAndWhatIsWrong) {
  EXPECT_THAT(errors_of(R"(protect:
  - prefixes: [192.0.2.0/24]
  - prefixes: [203.0.113.0/24]
  - name: web
    prefixes:
      - 198.51.100.64/25
profiles:
  default:
    thresholds: {packets: 50k}
protct: []
)"),
              ElementsAre("link.yaml:6:9: protect[2].prefixes[0]: 198.51.100.64/25 has host bits "
                          "set; did you mean 198.51.100.0/25?",
                          "link.yaml:9:27: profiles.default.thresholds.packets: 50k has no unit; "
                          "write 50kpps",
                          "link.yaml:10:1: protct: unknown key; did you mean protect?"));
}

struct ErrorCase {
  const char* why;
  const char* yaml;
  const char* error;  // without the file's name
};

constexpr ErrorCase kErrorCases[] = {
    {"a bare rate", "profiles: {default: {thresholds: {packets: 50000}}}",
     "1:44: profiles.default.thresholds.packets: 50000 has no unit; write 50000pps"},
    {"a rate of bits without its unit", "profiles: {default: {thresholds: {bits: 500M}}}",
     "1:41: profiles.default.thresholds.bits: 500M has no unit; write 500Mbps"},
    {"a flow rate without its unit", "profiles: {default: {thresholds: {new_flows: 10k}}}",
     "1:46: profiles.default.thresholds.new_flows: 10k has no unit; write 10kps"},
    {"another spelling of a unit", "link: {capacity: 10gbps}",
     "1:18: link.capacity: 10gbps has an unknown unit; write 10Gbps"},
    {"bits where packets are counted", "profiles: {default: {thresholds: {udp: 1Mbps}}}",
     "1:40: profiles.default.thresholds.udp: 1Mbps has an unknown unit; write pps, kpps or Mpps"},
    {"no number at all", "link: {capacity: fast}",
     "1:18: link.capacity: fast is not a number with a unit; write one with bps, kbps, Mbps, Gbps "
     "or Tbps"},
    {"a negative rate", "link: {capacity: -1Gbps}",
     "1:18: link.capacity: -1Gbps is not a number with a unit; write one with bps, kbps, Mbps, "
     "Gbps or Tbps"},
    {"a limit of nothing", "profiles: {default: {prefix_thresholds: {syn: 0pps}}}",
     "1:47: profiles.default.prefix_thresholds.syn: 0pps is no limit; write more than 0, or none "
     "to "
     "have no limit"},
    {"a rate beyond all links", "link: {capacity: 99999Tbps}",
     "1:18: link.capacity: 99999Tbps is beyond any link; write at most 1000Tbps, or none"},
    {"a span without its unit", "engine: {window: 100}",
     "1:18: engine.window: 100 has no unit; write 100ms"},
    {"a long span without its unit", "profiles: {default: {hold: 30}}",
     "1:28: profiles.default.hold: 30 has no unit; write 30s"},
    {"a window too short", "engine: {window: 1ms}",
     "1:18: engine.window: 1ms is too short; write 10ms to 10s"},
    {"a window too long", "engine: {window: 1m}",
     "1:18: engine.window: 1m is too long; write 10ms to 10s"},
    {"a count out of range", "engine: {workers: 0}",
     "1:19: engine.workers: 0 is out of range; write auto or 1 to 127"},
    {"a count beyond 64 bits", "engine: {seed: 18446744073709551616}",
     "1:16: engine.seed: 18446744073709551616 is out of range; write random or 0 to "
     "18446744073709551615"},
    {"a count with a unit", "engine: {flows: 1M}",
     "1:17: engine.flows: 1M is no whole number; write 64 to 268435456"},
    {"a fraction of a worker", "engine: {workers: 1.5}",
     "1:19: engine.workers: 1.5 is no whole number; write auto or 1 to 127"},
    {"a ratio above one", "link: {saturation: 90}",
     "1:20: link.saturation: 90 is out of range; write 0.01 to 1"},
    {"neither true nor false", "export: {reload: yes}",
     "1:18: export.reload: yes is neither true nor false; write one of them"},
    {"an unknown word", "engine: {addresses: both}",
     "1:21: engine.addresses: both is unknown; write outermost_protected, outer or inner"},
    {"a value left out", "engine:\n  window:\n",
     "2:3: engine.window: has no value; write 10ms to 10s"},
    {"a list for a value", "engine: {window: [100ms]}",
     "1:18: engine.window: is a list; write 10ms to 10s"},
    {"a list for a map", "engine: [window]",
     "1:9: engine: is a list; write a map with the keys workers, window, flows, hosts, sources, "
     "seed, addresses, tunnels, duplicates or reorder"},
    {"a port twice", "engine: {tunnels: {fou: [5555, 5555]}}",
     "1:32: engine.tunnels.fou[1]: port 5555 is in the list already; remove one"},
    {"a port out of range", "engine: {tunnels: {fou: [0]}}",
     "1:26: engine.tunnels.fou[0]: 0 is out of range; write 1 to 65535"},
    {"more ports than are looked for",
     "engine: {tunnels: {fou: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]}}",
     "1:25: engine.tunnels.fou: has 17 ports; at most 16 are allowed"},
    {"a bound of order of nothing", "engine: {reorder: 0ms}",
     "1:19: engine.reorder: 0ms is too short; write 1ms to 1m"},
    {"a bound of order beyond a minute", "engine: {reorder: 61s}",
     "1:19: engine.reorder: 61s is too long; write 1ms to 1m"},
    {"a value for a list", "protect: [{prefixes: 192.0.2.0/24}]",
     "1:22: protect[0].prefixes: is a single value; write a list: [192.0.2.0/24]"},
    {"a map for a list", "protect: {name: web}", "1:10: protect: is a map; write a list of maps"},
    {"a map for a prefix", "protect: [{prefixes: [{a: b}]}]",
     "1:23: protect[0].prefixes[0]: is a map; write a prefix like 192.0.2.0/24"},
    {"a list for a document", "- protect",
     "1:1: is a list; write a map with the keys protect, exclude, ports, engine, link, services, "
     "profiles, evidence, export or signatures"},
    {"no prefix", "protect: [{prefixes: [web]}]",
     "1:23: protect[0].prefixes[0]: web is not a prefix; write one like 192.0.2.0/24 or "
     "\"2001:db8::/32\""},
    {"a prefix too long", "exclude: {sources: [192.0.2.0/33]}",
     "1:21: exclude.sources[0]: 192.0.2.0/33 has a wrong length; write 0 to 32 after the /"},
    {"host bits of an IPv6 prefix", "exclude: {targets: ['2001:db8::1/64']}",
     "1:21: exclude.targets[0]: 2001:db8::1/64 has host bits set; did you mean 2001:db8::/64?"},
    {"an entry without prefixes", "protect:\n  - name: web\n",
     "2:5: protect[0].prefixes: is missing; write a list of IPv4 and IPv6 prefixes, or "
     "file: with a path"},
    {"an entry with no prefix", "protect:\n  - prefixes: []\n",
     "2:15: protect[0].prefixes: is empty; write one prefix or more"},
    {"an entry that is empty", "protect: [~]",
     "1:11: protect[0]: has no value; write a map or remove the item"},
    {"a prefix twice in one entry", "protect:\n- prefixes:\n  - 192.0.2.0/24\n  - 192.0.2.0/24\n",
     "4:5: protect[0].prefixes[1]: 192.0.2.0/24 is protected already, in line 3; remove one of the "
     "two"},
    {"a prefix in two entries, written otherwise",
     "protect:\n- prefixes: [192.0.2.1]\n- prefixes: ['::ffff:192.0.2.1']\n",
     "3:14: protect[1].prefixes[0]: 192.0.2.1/32 is protected already, in line 2; remove one of "
     "the "
     "two"},
    {"a profile that is not there", "protect: [{prefixes: [::/0], profile: defualt}]",
     "1:39: protect[0].profile: defualt is no profile; did you mean default?"},
    {"a profile that is nothing like one", "protect: [{prefixes: [::/0], profile: gold}]",
     "1:39: protect[0].profile: gold is no profile; write one of default"},
    {"a key that is nothing like one", "protect: [{prefixes: [::/0], colour: red}]",
     "1:30: protect[0].colour: unknown key; allowed are name, prefixes, file, profile or "
     "maintenance"},
    {"a threshold that is misspelt", "profiles:\n  default:\n    thresholds:\n      sny: 5kpps\n",
     "4:7: profiles.default.thresholds.sny: unknown key; did you mean syn?"},
    {"a key written twice", "link: {}\nengine: {}\nlink: {}\n",
     "3:1: link: is written twice, first in line 1; keep one of the two"},
    {"a profile written twice", "profiles:\n  a: {}\n  a: {}\n",
     "3:3: profiles.a: is written twice, first in line 2; keep one of the two"},
    {"a key that is a list", "? [a]\n: b\n",
     "1:3: a key is a list; allowed are protect, exclude, ports, engine, link, services, profiles, "
     "evidence, export or signatures"},
    {"a merge key", "profiles: {default: {<<: {hold: 5s}}}",
     "1:22: profiles.default.<<: merge keys are not read; write the keys out, or use a profile"},
    {"a listening address without its port", "export: {listen: 127.0.0.1}",
     "1:18: export.listen: \"127.0.0.1\" is no address to listen at; write one like "
     "127.0.0.1:9733, "
     "[::1]:9733, 0.0.0.0:9733 for all, or none"},
    {"a name with an escape sequence in it", "protect: [{prefixes: [::/0], name: \"a\\e[31m\"}]",
     "1:36: protect[0].name: a\\x1b[31m has control characters; write one line"},
    {"a port's name that is no label", "ports: [{name: a b, device: x}]",
     "1:16: ports[0].name: \"a b\" is no name; write 1 to 32 letters, digits, '_', '-' or '.'"},
    {"a port without a device", "ports: [{name: a}]",
     "1:9: ports[0].device: is missing; write a text of at most 512 bytes"},
    {"two ports of one name", "ports:\n- {name: a, device: x}\n- {name: a, device: y}\n",
     "3:10: ports[1].name: a is the name of ports[0] already; give each port its own"},
    {"a mirror with a peer",
     "ports:\n- {name: a, device: x, peer: b}\n- {name: b, device: y, side: mirror}\n",
     "2:30: ports[0].peer: a mirror has no peer; remove it, or write side: outside or inside"},
    {"an inline port without a peer", "ports: [{name: a, device: x, side: outside}]",
     "1:9: ports[0].peer: is missing; name the port that packets leave by, or write side: mirror"},
    {"a peer that is no port", "ports: [{name: a, device: x, side: outside, peer: b}]",
     "1:51: ports[0].peer: b is no port; write the name of another one"},
    {"an inline port that is sampled",
     "ports:\n- {name: a, device: x, side: outside, peer: b}\n"
     "- {name: b, device: y, side: inside, peer: a, sampling: 2}\n",
     "3:57: ports[1].sampling: is for a mirror; an inline port gets every packet"},
    {"mirrors that are sampled otherwise",
     "ports:\n- {name: a, device: x, sampling: 100}\n- {name: b, device: y, sampling: 10}\n",
     "3:34: ports[1].sampling: is not that of a; give all ports the same, or run a sensor for "
     "each"},
    {"a port that is sampled to nothing", "ports: [{name: a, device: x, sampling: 0}]",
     "1:40: ports[0].sampling: 0 is out of range; write 1 to 1000000"},
    {"a port that is its own peer", "ports: [{name: a, device: x, side: outside, peer: a}]",
     "1:51: ports[0].peer: a is the port itself; write the name of another one"},
    {"evidence of too few packets", "evidence: {directory: d, packets: 9}",
     "1:35: evidence.packets: 9 is out of range; write 10 to 10000"},
    {"two ports on one side",
     "ports:\n- {name: a, device: x, side: outside, peer: b}\n"
     "- {name: b, device: y, side: outside, peer: a}\n",
     "3:30: ports[1].side: is that of the peer a; write side: inside for one of the two"},
};

TEST(Loader, HasAnErrorForEachMistake) {
  for (const auto& c : kErrorCases) {
    SCOPED_TRACE(c.why);
    EXPECT_THAT(errors_of(c.yaml), ElementsAre(std::string("link.yaml:") + c.error));
  }
}

}  // namespace
}  // namespace floodgauge
