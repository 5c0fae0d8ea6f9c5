// The table of all metrics with name, type, labels and meaning. The scrape, METRICS.md and the
// tests use it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floodgauge {

enum class Metric : std::uint8_t {
  build_info,
  // The link.
  received_packets,
  received_bytes,
  dropped_packets,
  loss_ratio,
  parsed_packets,
  malformed_packets,
  unopened_packets,
  duplicate_packets,
  clock_steps,
  protected_addresses_seen,
  // Protected prefixes.
  prefix_info,
  packets,
  bytes,
  sources_estimate,
  hosts_active,
  prefix_new_flows,
  prefix_syn,
  prefix_handshakes_completed,
  // Services, watched passively.
  service_answer_ratio,
  service_lost_requests,
  service_response_seconds,
  // Incidents.
  incidents_open,
  incidents,
  incidents_dropped,
  incident_packets,
  incident_bits,
  incident_severity,
  incident_condition,
  incident_series_dropped,
  scans,
  announced_rules,
  announcements,
  rule_remaining_ratio,
  // Ports.
  port_receive_packets,
  port_receive_missed,
  port_receive_no_mbuf,
  port_receive_queue_dropped,
  port_transmit_packets,
  port_transmit_dropped,
  port_link_up,
  // Workers.
  worker_packets,
  worker_busy_ratio,
  worker_cycles_per_packet,
  worker_shedding,
  flow_table_entries,
  flow_evictions,
  // The engine as a whole.
  windows,
  window_lag_seconds,
  healthy,
  left_out,
  start_time_seconds,
  config_last_reload_successful,
  config_last_reload_success_timestamp_seconds,
  // Counted by the control path, in a prometheus-cpp registry.
  http_requests,
  http_connections_replaced,
  events,
  events_written,
  event_write_errors,
  hook_runs,
  config_reloads,
  baseline_saves,
  history_writes,
  evidence,
  log_lines,
  detection_delay_seconds,
  scrape_duration_seconds,
  count_,
};

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

struct MetricInfo {
  Metric metric;
  std::string_view name;  ///< with prefix and suffix, as in a scrape
  MetricKind kind;
  std::vector<std::string_view> labels;
  std::string_view unit;  ///< for people; the name contains the base unit too
  std::string_view help;
};

/// All rows in the order of the enumeration, which is the order in a scrape.
std::span<const MetricInfo> metric_table();
const MetricInfo& info(Metric metric);
std::string_view name(MetricKind kind);

/// The first section of METRICS.md, with the table.
std::string metrics_markdown();

}  // namespace floodgauge
