#include "config/import/fastnetmon_limits.h"

#include <algorithm>
#include <array>
#include <optional>

#include "config/plain_text.h"
#include "config/quantity.h"
#include "config/threshold_table.h"
#include "config/yaml_writer.h"

namespace floodgauge {
namespace {

/// A limit of FastNetMon: it applies while its switch is on. `ban_for_tcp_pps` switches
/// `threshold_tcp_pps`. Names as in FastNetMon's fastnetmon.conf; those of its Advanced edition are
/// read too.
struct Limit {
  const char* name;         ///< after "threshold_"
  const char* switch_name;  ///< after "ban_for_"
  double unit;              ///< of the value, a second
};
constexpr Limit kPackets{"pps", "pps", 1};
constexpr Limit kBits{"mbps", "bandwidth", 1e6};
constexpr Limit kFlows{"flows", "flows", 1};
constexpr Limit kTcp{"tcp_pps", "tcp_pps", 1};
constexpr Limit kUdp{"udp_pps", "udp_pps", 1};
constexpr Limit kIcmp{"icmp_pps", "icmp_pps", 1};
constexpr Limit kSyn{"tcp_syn_pps", "tcp_syn_pps", 1};
constexpr Limit kFragments{"ip_fragments_pps", "ip_fragments_pps", 1};

/// Which limits of FastNetMon apply to a kind of traffic of floodgauge: the first that is on.
struct Twin {
  std::string_view key;
  std::array<const Limit*, 3> limits;
};
constexpr Twin kTwins[] = {
    {"packets", {&kPackets}},
    {"bits", {&kBits}},
    {"new_flows", {&kFlows}},
    {"connections", {&kFlows}},
    {"syn", {&kSyn, &kTcp, &kPackets}},
    {"synack", {&kTcp, &kPackets}},
    {"ack", {&kTcp, &kPackets}},
    {"rst", {&kTcp, &kPackets}},
    {"fin", {&kTcp, &kPackets}},
    {"flags", {&kTcp, &kPackets}},
    {"udp", {&kUdp, &kPackets}},
    {"reflection", {&kUdp, &kPackets}},
    {"fragment", {&kFragments, &kPackets}},
    {"icmp", {&kIcmp, &kPackets}},
    {"gre", {&kPackets}},
    {"esp", {&kPackets}},
    {"other", {&kPackets}},
    {"dns_query", {&kUdp, &kPackets}},
    {"http_request", {&kTcp, &kPackets}},
    {"tls_hello", {&kTcp, &kPackets}},
    {"quic_initial", {&kUdp, &kPackets}},
};
static_assert(std::size(kTwins) == kThresholdTable.size(), "each limit has its twin");

struct Value {
  std::optional<double> per_second;
  std::string why;  ///< the comment
};

class LimitWriter {
 public:
  LimitWriter(const std::string& prefix, FastnetmonConf& conf) : prefix_(prefix), conf_(conf) {}

  /// A map of limits, each with the key of FastNetMon that it comes from. `suffix` is "_outgoing"
  /// for hosts that send; without keys of that name the others apply to both directions.
  std::string limits(const char* section, const char* suffix, const std::string& off, double factor,
                     bool explain) {
    std::string out = std::string("    ") + section + ":\n";
    for (const ThresholdRow& row : kThresholdTable) {
      const Value value = off.empty() ? value_of(row.key, suffix) : Value{std::nullopt, off};
      std::string line =
          "      " + std::string(row.key) + ": " +
          (value.per_second ? rate_text(*value.per_second * factor, row.kind) : "none");
      if (explain)
        line += std::string(std::max<std::size_t>(30, line.size() + 1) - line.size(), ' ') + "# " +
                value.why;
      out += line + "\n";
    }
    return out;
  }

  bool is_on(const std::string& key) { return conf_.is_on(prefix_ + key); }
  std::string value(const std::string& key) { return conf_.value(prefix_ + key); }

 private:
  Value value_of(std::string_view key, const std::string& suffix) {
    const auto twin = std::find_if(std::begin(kTwins), std::end(kTwins),
                                   [&](const Twin& one) { return one.key == key; });
    for (const Limit* limit : twin->limits) {
      if (limit == nullptr) break;
      if (auto value = value_of(*limit, suffix)) return *value;
      if (auto value = value_of(*limit, "")) return *value;
    }
    return {std::nullopt, prefix_ + "ban_for_" + twin->limits[0]->switch_name + " is not on"};
  }

  std::optional<Value> value_of(const Limit& limit, const std::string& suffix) {
    const std::string name = prefix_ + "threshold_" + limit.name + suffix;
    if (!is_on(std::string("ban_for_") + limit.switch_name + suffix)) return std::nullopt;
    const auto number = conf_.number(name);
    if (!number) return std::nullopt;
    const double value = static_cast<double>(*number) * limit.unit;
    // A limit of 0 bans every host at once; floodgauge has no such limit.
    if (*number == 0 || value > 1e14)
      return Value{std::nullopt, name + " = " + std::to_string(*number)};
    return Value{value, name + " = " + std::to_string(*number)};
  }

  const std::string& prefix_;
  FastnetmonConf& conf_;
};

}  // namespace

std::string fastnetmon_profile(const std::string& name, const std::string& prefix,
                               FastnetmonConf& conf) {
  LimitWriter profile(prefix, conf);
  std::string out = "  " + yaml_quoted(name) + ":\n";
  // Of a host group `enable_ban = off` takes its hosts out of detection. The switch of the whole
  // program only takes its actions away, and floodgauge takes none.
  std::string off;
  if (!prefix.empty() && !profile.is_on("enable_ban")) off = prefix + "enable_ban is not on";
  const bool incoming = conf.value("process_incoming_traffic") != "off";
  const bool outgoing = conf.value("process_outgoing_traffic") != "off";
  const std::string off_in = incoming ? off : "process_incoming_traffic = off";
  const std::string off_out = outgoing ? off : "process_outgoing_traffic = off";
  out += profile.limits("thresholds", "", off_in, 1, true);
  out +=
      "    # Limits of a whole network, which FastNetMon does not have: four times those of a "
      "host.\n";
  out += profile.limits("prefix_thresholds", "", off_in, kPrefixThresholdFactor, false);
  out +=
      "    # Limits of a host that sends: FastNetMon compares both directions with the same "
      "ones.\n";
  out += profile.limits("outbound", "_outgoing", off_out, 1, false);
  for (const char* protocol : {"tcp", "udp", "icmp"}) {
    const std::string key = std::string("threshold_") + protocol + "_mbps";
    if (!profile.is_on(std::string("ban_for_") + protocol + "_bandwidth")) continue;
    out += "    # " + prefix + key + " = " + printable(profile.value(key)) +
           ": floodgauge limits the bits of a host, not those of one protocol.\n";
  }
  return out +
         "    # FastNetMon learns no usual level. `enabled: true` lets floodgauge tell what is "
         "unusual too.\n"
         "    baseline: {enabled: false}\n";
}

}  // namespace floodgauge
