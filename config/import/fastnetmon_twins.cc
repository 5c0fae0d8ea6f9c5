#include "config/import/fastnetmon_twins.h"

namespace floodgauge {
namespace {

struct Reason {
  std::string_view begins;  ///< the key begins with it
  std::string_view reason;
};

/// The first row that fits applies.
constexpr Reason kReasons[] = {
    {"logging_", "the log goes to standard error, and with systemd to the journal"},
    {"disable_usage_report", "floodgauge reports nothing to anybody"},
    {"enable_ban", "floodgauge tells and proposes; it blocks nothing by itself"},
    {"ban_time", "floodgauge tells and proposes; it blocks nothing by itself"},
    {"unban_", "an incident closes once it was below its limits for the profile's `hold`"},
    {"ban_details_records_count", "an incident carries its sources, ports and evidence"},
    {"dump_", "floodgauge dumps no traffic"},
    {"collect_attack_pcap_dumps", "see `evidence` in the configuration, where this version has it"},
    {"check_period", "floodgauge top refreshes once a second"},
    {"enable_connection_tracking", "flows are always followed"},
    {"average_calculation_time",
     "rates are those of `engine.window`, and limits hold for a second"},
    {"speed_calculation_delay", "rates are those of `engine.window`"},
    {"netflow", "floodgauge reads packets, no flow records"},
    {"sflow", "floodgauge reads packets, no flow records"},
    {"mirror_netmap", "floodgauge reads through DPDK; see `ports`"},
    {"netmap", "floodgauge reads through DPDK; see `ports`"},
    {"pcap", "`floodgauge replay FILE` reads captures"},
    {"mirror_af", "a setting of FastNetMon's own reader; see `ports`"},
    {"af_packet", "a setting of FastNetMon's own reader; see `ports`"},
    {"xdp_", "a setting of FastNetMon's own reader; see `ports`"},
    {"poll_mode_xdp", "a setting of FastNetMon's own reader; see `ports`"},
    {"zero_copy_xdp", "a setting of FastNetMon's own reader; see `ports`"},
    {"force_native_mode_xdp", "a setting of FastNetMon's own reader; see `ports`"},
    {"microcode_xdp_path", "a setting of FastNetMon's own reader; see `ports`"},
    {"redis", "use `export.events`, `export.hook` or the API"},
    {"mongodb", "use `export.events`, `export.hook` or the API"},
    {"kafka", "use `export.events`, `export.hook` or the API"},
    {"exabgp",
     "each incident carries a FlowSpec and a blackhole route; announcing is a separate step"},
    {"gobgp",
     "each incident carries a FlowSpec and a blackhole route; announcing is a separate step"},
    {"influxdb", "Prometheus scrapes `export.listen`"},
    {"graphite", "Prometheus scrapes `export.listen`"},
    {"clickhouse", "Prometheus scrapes `export.listen`"},
    {"prometheus", "Prometheus scrapes `export.listen`"},
    {"monitor_", "write the addresses under `protect`"},
    {"pid_path", "systemd knows the process"},
    {"cli_stats", "`floodgauge status` and `floodgauge top` ask `export.listen`"},
    {"enable_api", "the API is at `export.listen`"},
    {"api_", "the API is at `export.listen`"},
    {"sort_parameter", "floodgauge top sorts by keys that are pressed"},
    {"max_ips_in_list", "see `export.top_hosts`"},
};

}  // namespace

std::string fastnetmon_reason(std::string_view key) {
  for (const Reason& row : kReasons) {
    if (key.starts_with(row.begins)) return std::string(row.reason);
  }
  if (key.find("_threshold_") != std::string_view::npos ||
      key.find("_ban_for_") != std::string_view::npos || key.ends_with("_enable_ban")) {
    return "belongs to a host group that is not defined";
  }
  if (key.starts_with("threshold_") || key.starts_with("ban_for_")) {
    return "its switch is not on, or floodgauge has no such limit";
  }
  return "unknown";
}

}  // namespace floodgauge
