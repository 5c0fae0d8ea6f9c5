#include "engine/export/metrics/metric_table.h"

#include <cassert>

namespace floodgauge {
namespace {

using enum MetricKind;

using Rows = std::vector<MetricInfo>;

MetricInfo row(Metric metric, std::string_view name, MetricKind kind,
               std::vector<std::string_view> labels, std::string_view unit, std::string_view help) {
  return {metric, name, kind, std::move(labels), unit, help};
}

Rows build_row() {
  return {
      row(Metric::build_info, "floodgauge_build_info", gauge, {"version", "revision", "dpdk"},
          "always 1", "What is running."),
  };
}

Rows link_rows() {
  return {
      row(Metric::received_packets, "floodgauge_received_packets_total", counter, {}, "packets",
          "Packets taken from all ports, protected or not."),
      row(Metric::received_bytes, "floodgauge_received_bytes_total", counter, {}, "bytes",
          "Layer-2 bytes of the packets taken from all ports."),
      row(Metric::dropped_packets, "floodgauge_dropped_packets_total", counter, {}, "packets",
          "Packets that came in and were not counted: lost by a NIC, by the packet pool or by a "
          "queue."),
      row(Metric::loss_ratio, "floodgauge_loss_ratio", gauge, {}, "ratio",
          "Of the packets that came in the last second, the share that was not counted; rates are "
          "too low by it."),
      row(Metric::parsed_packets, "floodgauge_parsed_packets_total", counter, {"protocol"},
          "packets",
          "Packets by what they are; one packet can be several, such as ipv4, tunnelled and tcp. "
          "`superframe` counts frames that hold several packets, `superframe_packet` these, "
          "estimated."),
      row(Metric::malformed_packets, "floodgauge_malformed_packets_total", counter, {"reason"},
          "packets", "Packets whose reading was given up part-way, by reason."),
      row(Metric::unopened_packets, "floodgauge_unopened_packets_total", counter, {"layer"},
          "packets",
          "Packets with a header that is not opened, by that header's layer; the report names it."),
      row(Metric::duplicate_packets, "floodgauge_duplicate_packets_total", counter, {}, "packets",
          "Frames that came a second time within a millisecond, as from a mirror of both sides."),
      row(Metric::clock_steps, "floodgauge_clock_steps_total", counter, {}, "steps",
          "Steps of a capture's clock that were put right, and times of its packets that were set "
          "aside; live, steps of the machine's clock."),
      row(Metric::protected_addresses_seen, "floodgauge_protected_addresses_seen", gauge, {},
          "addresses", "Protected addresses that have received traffic since the start."),
  };
}

Rows prefix_rows() {
  return {
      row(Metric::prefix_info, "floodgauge_prefix_info", gauge, {"prefix", "name"}, "always 1",
          "The name that the configuration gives the prefix."),
      row(Metric::packets, "floodgauge_packets_total", counter, {"prefix", "direction", "class"},
          "packets",
          "Packets to (in) and from (out) a protected prefix by traffic class; a class appears "
          "with its first packet."),
      row(Metric::bytes, "floodgauge_bytes_total", counter, {"prefix", "direction", "class"},
          "bytes", "Layer-2 bytes of the same packets."),
      row(Metric::sources_estimate, "floodgauge_sources_estimate", gauge, {"prefix"}, "addresses",
          "Distinct sources that sent to the prefix in the last window, estimated (HyperLogLog)."),
      row(Metric::hosts_active, "floodgauge_hosts_active", gauge, {"prefix"}, "addresses",
          "Addresses of the prefix with traffic in the last window."),
      row(Metric::prefix_new_flows, "floodgauge_prefix_new_flows_per_second", gauge, {"prefix"},
          "flows/s", "New flows to the prefix in the last window."),
      row(Metric::prefix_syn, "floodgauge_prefix_syn_per_second", gauge, {"prefix"}, "packets/s",
          "TCP SYN packets to the prefix in the last window."),
      row(Metric::prefix_handshakes_completed, "floodgauge_prefix_handshakes_completed_ratio",
          gauge, {"prefix"}, "ratio",
          "TCP handshakes completed for each SYN, recently; 1 when there was none."),
  };
}

Rows service_rows() {
  return {
      row(Metric::service_answer_ratio, "floodgauge_service_answer_ratio", gauge,
          {"prefix", "service"}, "ratio",
          "Answers for each request to a service of the prefix, recently; in a flood, of clients "
          "that were known before it."),
      row(Metric::service_lost_requests, "floodgauge_service_lost_requests_total", counter,
          {"prefix", "service"}, "requests",
          "Requests to a service of the prefix that were not answered during its impacts."),
      row(Metric::service_response_seconds, "floodgauge_service_response_seconds", histogram,
          {"prefix", "service"}, "seconds",
          "Time from request to answer, seen passing by: to the first byte of DNS, HTTP and SMTP, "
          "to "
          "the SYN-ACK of others."),
  };
}

Rows incident_rows() {
  return {
      row(Metric::incidents_open, "floodgauge_incidents_open", gauge, {"kind", "severity"},
          "incidents", "Incidents that are open now, without those in maintenance."),
      row(Metric::incidents, "floodgauge_incidents_total", counter, {"kind", "vector"}, "incidents",
          "Incidents opened, by kind and first vector; reflection from unknown services is "
          "reflection_port."),
      row(Metric::incidents_dropped, "floodgauge_incidents_dropped_total", counter, {"reason"},
          "incidents",
          "Incidents that a bound kept out: open: too many larger ones were open; targets: too "
          "many "
          "targets were followed; displaced: it was closed early for a larger one. Each is counted "
          "once while it lasts."),
      row(Metric::incident_packets, "floodgauge_incident_packets_per_second", gauge,
          {"target", "prefix", "vector", "direction"}, "packets/s",
          "Packets of an open incident in the last window; no more incidents than "
          "export.top_hosts."),
      row(Metric::incident_bits, "floodgauge_incident_bits_per_second", gauge,
          {"target", "prefix", "vector", "direction"}, "bits/s",
          "Bits of an open incident in the last window; no more incidents than export.top_hosts."),
      row(Metric::incident_severity, "floodgauge_incident_severity", gauge,
          {"target", "prefix", "direction"}, "1 to 4",
          "How severe the flood to (in) or from (out) a target is: 1 low, 2 medium, 3 high, 4 "
          "critical; no more incidents than export.top_hosts."),
      row(Metric::incident_condition, "floodgauge_incident_condition", gauge,
          {"target", "service", "condition"}, "0 or 1",
          "1 for the condition of a service with an open impact: recovering, slow, failing or "
          "silent; no more incidents than export.top_hosts, none in maintenance."),
      row(Metric::incident_series_dropped, "floodgauge_incident_series_dropped", gauge, {},
          "incidents",
          "Open incidents without series of their own, because there are more than "
          "export.top_hosts."),
      row(Metric::scans, "floodgauge_scans_total", counter, {}, "scans",
          "Scans told: a source that tries at least 100 ports or hosts, once for each kind."),
      row(Metric::announced_rules, "floodgauge_announced_rules", gauge, {"speaker"}, "rules",
          "Routes that announcers say their BGP speakers have; none of dry runs, and no series of "
          "an announcer that has told nothing for 30 s."),
      row(Metric::announcements, "floodgauge_announcements_total", counter, {"result"}, "steps",
          "Steps of announcers: announced, withdrawn, failed (the speaker refused it or did not "
          "acknowledge it), ineffective (the rule took nothing and was withdrawn)."),
      row(Metric::rule_remaining_ratio, "floodgauge_rule_remaining_ratio", gauge,
          {"target", "rule"}, "ratio",
          "What still arrives of the packets that an announced rule matches, of the rate before it "
          "was announced; the busiest rules, no more than export.top_hosts."),
  };
}

Rows port_rows() {
  return {
      row(Metric::port_receive_packets, "floodgauge_port_receive_packets_total", counter,
          {"port", "queue"}, "packets", "Packets taken from a port's queue."),
      row(Metric::port_receive_missed, "floodgauge_port_receive_missed_total", counter, {"port"},
          "packets", "Packets lost by the NIC because its queues were full."),
      row(Metric::port_receive_no_mbuf, "floodgauge_port_receive_no_mbuf_total", counter, {"port"},
          "packets", "Packets lost because the packet pool was empty."),
      row(Metric::port_receive_queue_dropped, "floodgauge_port_receive_queue_dropped_total",
          counter, {"port"}, "packets",
          "Packets lost on their way to the worker whose they are, spread by software: it was "
          "behind."),
      row(Metric::port_transmit_packets, "floodgauge_port_transmit_packets_total", counter,
          {"port"}, "packets", "Packets forwarded out of a port."),
      row(Metric::port_transmit_dropped, "floodgauge_port_transmit_dropped_total", counter,
          {"port"}, "packets", "Packets that a port did not take for forwarding."),
      row(Metric::port_link_up, "floodgauge_port_link_up", gauge, {"port"}, "0 or 1",
          "1 while the port's link is up."),
  };
}

Rows worker_rows() {
  return {
      row(Metric::worker_packets, "floodgauge_worker_packets_total", counter, {"worker"}, "packets",
          "Packets counted by a worker."),
      row(Metric::worker_busy_ratio, "floodgauge_worker_busy_ratio", gauge, {"worker"}, "ratio",
          "Share of its time in which a worker had packets to work on, over the last tenth of a "
          "second or more."),
      row(Metric::worker_cycles_per_packet, "floodgauge_worker_cycles_per_packet", gauge,
          {"worker"}, "cycles",
          "CPU cycles (TSC) that a worker last spent on a packet, over a tenth of a second or "
          "more."),
      row(Metric::worker_shedding, "floodgauge_worker_shedding", gauge, {"worker", "step"},
          "0 or 1",
          "1 while an overloaded worker gives up this step: payload, then detail, then sketch."),
      row(Metric::flow_table_entries, "floodgauge_flow_table_entries", gauge, {"worker"}, "flows",
          "Flows in a worker's flow table."),
      row(Metric::flow_evictions, "floodgauge_flow_evictions_total", counter, {"worker"}, "flows",
          "Flows given up before their time: no room in the flow table, or too many of one packet "
          "each."),
  };
}

Rows engine_rows() {
  return {
      row(Metric::windows, "floodgauge_windows_total", counter, {}, "windows",
          "Windows merged and examined."),
      row(Metric::window_lag_seconds, "floodgauge_window_lag_seconds", gauge, {}, "seconds",
          "How far the last merged window's end lies behind the clock of the packets, at the "
          "scrape."),
      row(Metric::healthy, "floodgauge_healthy", gauge, {}, "0 or 1",
          "1 while every worker polls and windows are merged, as /-/healthy tells."),
      row(Metric::left_out, "floodgauge_left_out_total", counter, {"what"}, "see meaning",
          "What bounds have left out: hosts: packets of hosts without a record; senders: packets "
          "of "
          "attacks whose senders were not noted; summaries: seconds of targets whose senders were "
          "not kept; scans: sources that may scan; servers: their services are not watched; "
          "closed_incidents: only a history still has them."),
      row(Metric::start_time_seconds, "floodgauge_start_time_seconds", gauge, {}, "seconds",
          "First packet (replay) or start of the daemon, in Unix time."),
      row(Metric::config_last_reload_successful, "floodgauge_config_last_reload_successful", gauge,
          {}, "0 or 1", "1 when the configuration was last loaded without an error."),
      row(Metric::config_last_reload_success_timestamp_seconds,
          "floodgauge_config_last_reload_success_timestamp_seconds", gauge, {}, "seconds",
          "When the configuration was last loaded without an error, in Unix time."),
  };
}

/// Counted by the control path in a prometheus-cpp registry (control_metrics.h), which lists
/// counters before histograms.
Rows control_rows() {
  return {
      row(Metric::http_requests, "floodgauge_http_requests_total", counter, {"path", "status"},
          "requests",
          "HTTP requests answered, by path and status; paths that are not served are other."),
      row(Metric::http_connections_replaced, "floodgauge_http_connections_replaced_total", counter,
          {}, "connections", "HTTP connections that were closed because too many were open."),
      row(Metric::events, "floodgauge_events_total", counter, {"event", "result"}, "events",
          "Transitions of incidents by what became of their line in the event log."),
      row(Metric::events_written, "floodgauge_events_written_total", counter, {}, "lines",
          "Lines written to the event log."),
      row(Metric::event_write_errors, "floodgauge_event_write_errors_total", counter, {}, "events",
          "Events that are missing from the event log."),
      row(Metric::hook_runs, "floodgauge_hook_runs_total", counter, {"result"}, "runs",
          "Runs of the hook program by result; dropped ones were never run."),
      row(Metric::config_reloads, "floodgauge_config_reloads_total", counter, {"result"}, "reloads",
          "Reloads of the configuration by result; a failed one changed nothing."),
      row(Metric::baseline_saves, "floodgauge_baseline_saves_total", counter, {"result"}, "files",
          "Baseline files by what became of them when they were due to be saved."),
      row(Metric::history_writes, "floodgauge_history_writes_total", counter, {"result"}, "records",
          "Transitions and minutes for the history by result; failed ones are tried again, dropped "
          "ones are missing."),
      row(Metric::evidence, "floodgauge_evidence_total", counter, {"result"}, "events",
          "Captures of incidents by result, incidents without one, and windows of packets that "
          "were "
          "lost or had to leave early."),
      row(Metric::log_lines, "floodgauge_log_lines_total", counter, {"level"}, "lines",
          "Lines that the daemon wrote to its log, by level."),
      row(Metric::detection_delay_seconds, "floodgauge_detection_delay_seconds", histogram, {},
          "seconds", "Time from a flood's first packet to its incident being opened."),
      row(Metric::scrape_duration_seconds, "floodgauge_scrape_duration_seconds", histogram, {},
          "seconds",
          "Time to write the answer to a scrape, without sending it; a scrape shows those before "
          "it."),
  };
}

Rows make_table() {
  Rows table;
  for (Rows group : {build_row(), link_rows(), prefix_rows(), service_rows(), incident_rows(),
                     port_rows(), worker_rows(), engine_rows(), control_rows()}) {
    table.insert(table.end(), group.begin(), group.end());
  }
  return table;
}

}  // namespace

std::span<const MetricInfo> metric_table() {
  static const Rows table = make_table();
  return table;
}

const MetricInfo& info(Metric metric) {
  const MetricInfo& row = metric_table()[static_cast<std::size_t>(metric)];
  assert(row.metric == metric);
  return row;
}

std::string_view name(MetricKind kind) {
  switch (kind) {
    case counter:
      return "counter";
    case gauge:
      return "gauge";
    case histogram:
      return "histogram";
  }
  return "untyped";
}

std::string metrics_markdown() {
  std::string text = R"(# Metrics

This page lists what a scrape of `/metrics` returns. The table is generated from
`metrics/metric_table.cc`, and tests compare it with a scrape. Counters start at 0 with the process.
The metrics from `floodgauge_http_requests_total` on are counted by the control path in a
prometheus-cpp registry; the others are written from the last snapshot.

| metric | type | labels | unit | meaning |
| --- | --- | --- | --- | --- |
)";
  for (const MetricInfo& row : metric_table()) {
    text.append("| `").append(row.name).append("` | ").append(name(row.kind)).append(" | ");
    for (std::size_t i = 0; i < row.labels.size(); ++i) {
      text.append(i == 0 ? "`" : ", `").append(row.labels[i]).append("`");
    }
    text.append(row.labels.empty() ? "| " : " | ").append(row.unit);
    text.append(" | ").append(row.help).append(" |\n");
  }
  return text;
}

}  // namespace floodgauge
