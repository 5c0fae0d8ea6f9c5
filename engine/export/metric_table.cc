#include "engine/export/metric_table.h"

#include <cassert>

namespace floodgauge {
namespace {

using enum MetricKind;

std::vector<MetricInfo> make_table() {
  return {
      {Metric::build_info,
       "floodgauge_build_info",
       gauge,
       {"version", "revision", "dpdk"},
       "Always 1; the labels say what is running."},
      {Metric::received_packets,
       "floodgauge_received_packets_total",
       counter,
       {},
       "Packets taken from all ports, protected or not."},
      {Metric::received_bytes,
       "floodgauge_received_bytes_total",
       counter,
       {},
       "Layer-2 bytes of the packets taken from all ports."},
      {Metric::dropped_packets,
       "floodgauge_dropped_packets_total",
       counter,
       {},
       "Packets that came in and were not counted: lost by a NIC, by the packet pool or by a "
       "queue."},
      {Metric::parsed_packets,
       "floodgauge_parsed_packets_total",
       counter,
       {"protocol"},
       "Packets by what they are; one packet can be several, such as ipv4, tunnelled and tcp."},
      {Metric::malformed_packets,
       "floodgauge_malformed_packets_total",
       counter,
       {"reason"},
       "Packets whose reading was given up part-way, by reason."},
      {Metric::protected_addresses_seen,
       "floodgauge_protected_addresses_seen",
       gauge,
       {},
       "Protected addresses that have received traffic since the start."},
      {Metric::prefix_info,
       "floodgauge_prefix_info",
       gauge,
       {"prefix", "name"},
       "Always 1; the name that the configuration gives the prefix."},
      {Metric::packets,
       "floodgauge_packets_total",
       counter,
       {"prefix", "direction", "class"},
       "Packets to (in) and from (out) a protected prefix by traffic class; a class appears with "
       "its first packet."},
      {Metric::bytes,
       "floodgauge_bytes_total",
       counter,
       {"prefix", "direction", "class"},
       "Layer-2 bytes of the same packets."},
      {Metric::sources_estimate,
       "floodgauge_sources_estimate",
       gauge,
       {"prefix"},
       "Distinct sources that sent to the prefix in the last window, estimated (HyperLogLog)."},
      {Metric::hosts_active,
       "floodgauge_hosts_active",
       gauge,
       {"prefix"},
       "Addresses of the prefix with traffic in the last window."},
      {Metric::prefix_new_flows,
       "floodgauge_prefix_new_flows_per_second",
       gauge,
       {"prefix"},
       "New flows to the prefix in the last window."},
      {Metric::prefix_syn,
       "floodgauge_prefix_syn_per_second",
       gauge,
       {"prefix"},
       "TCP SYN packets to the prefix in the last window."},
      {Metric::prefix_handshakes_completed,
       "floodgauge_prefix_handshakes_completed_ratio",
       gauge,
       {"prefix"},
       "TCP handshakes completed for each SYN in the last window; 1 when there was none."},
      {Metric::service_answer_ratio,
       "floodgauge_service_answer_ratio",
       gauge,
       {"prefix", "service"},
       "Answers for each request to a service of the prefix, recently."},
      {Metric::service_response_seconds,
       "floodgauge_service_response_seconds",
       histogram,
       {"prefix", "service"},
       "Time from request to answer (SYN to SYN-ACK, query to answer), seen passing by."},
      {Metric::incidents_open,
       "floodgauge_incidents_open",
       gauge,
       {"kind", "severity"},
       "Incidents that are open now."},
      {Metric::incidents,
       "floodgauge_incidents_total",
       counter,
       {"kind", "vector"},
       "Incidents opened, by kind and first vector; reflection from unknown services is "
       "reflection_port."},
      {Metric::incident_packets,
       "floodgauge_incident_packets_per_second",
       gauge,
       {"target", "prefix", "vector"},
       "Packets of an open incident in the last window; no more incidents than export.top_hosts."},
      {Metric::incident_bits,
       "floodgauge_incident_bits_per_second",
       gauge,
       {"target", "prefix", "vector"},
       "Bits of an open incident in the last window; no more incidents than export.top_hosts."},
      {Metric::incident_series_dropped,
       "floodgauge_incident_series_dropped",
       gauge,
       {},
       "Open incidents without series of their own, because there are more than export.top_hosts."},
      {Metric::detection_delay_seconds,
       "floodgauge_detection_delay_seconds",
       histogram,
       {},
       "Time from a flood's first packet to its incident being opened."},
      {Metric::port_receive_packets,
       "floodgauge_port_receive_packets_total",
       counter,
       {"port", "queue"},
       "Packets taken from a port's queue."},
      {Metric::port_receive_missed,
       "floodgauge_port_receive_missed_total",
       counter,
       {"port"},
       "Packets lost by the NIC because its queues were full."},
      {Metric::port_receive_no_mbuf,
       "floodgauge_port_receive_no_mbuf_total",
       counter,
       {"port"},
       "Packets lost because the packet pool was empty."},
      {Metric::port_receive_queue_dropped,
       "floodgauge_port_receive_queue_dropped_total",
       counter,
       {"port"},
       "Packets lost on their way to the worker whose they are, spread by software: it was "
       "behind."},
      {Metric::port_transmit_packets,
       "floodgauge_port_transmit_packets_total",
       counter,
       {"port"},
       "Packets forwarded out of a port."},
      {Metric::port_transmit_dropped,
       "floodgauge_port_transmit_dropped_total",
       counter,
       {"port"},
       "Packets that a port did not take for forwarding."},
      {Metric::port_link_up,
       "floodgauge_port_link_up",
       gauge,
       {"port"},
       "1 while the port's link is up."},
      {Metric::worker_packets,
       "floodgauge_worker_packets_total",
       counter,
       {"worker"},
       "Packets counted by a worker."},
      {Metric::worker_busy_ratio,
       "floodgauge_worker_busy_ratio",
       gauge,
       {"worker"},
       "Share of its time in which a worker had packets to work on, in the last window."},
      {Metric::worker_cycles_per_packet,
       "floodgauge_worker_cycles_per_packet",
       gauge,
       {"worker"},
       "CPU cycles (TSC) that a worker spent on a packet, in the last window."},
      {Metric::worker_shedding,
       "floodgauge_worker_shedding",
       gauge,
       {"worker", "step"},
       "1 while an overloaded worker gives up this step: payload, then detail, then sketch."},
      {Metric::flow_table_entries,
       "floodgauge_flow_table_entries",
       gauge,
       {"worker"},
       "Flows in a worker's flow table."},
      {Metric::flow_evictions,
       "floodgauge_flow_evictions_total",
       counter,
       {"worker"},
       "Flows put out of a full flow table before their time."},
      {Metric::windows, "floodgauge_windows_total", counter, {}, "Windows merged and examined."},
      {Metric::window_lag_seconds,
       "floodgauge_window_lag_seconds",
       gauge,
       {},
       "How far the last merged window's end lies behind the clock of the packets."},
      {Metric::start_time_seconds,
       "floodgauge_start_time_seconds",
       gauge,
       {},
       "First packet (replay) or start of the daemon, in Unix time."},
      {Metric::config_last_reload_successful,
       "floodgauge_config_last_reload_successful",
       gauge,
       {},
       "1 when the configuration was last loaded without an error."},
      {Metric::config_last_reload_success_timestamp_seconds,
       "floodgauge_config_last_reload_success_timestamp_seconds",
       gauge,
       {},
       "When the configuration was last loaded without an error, in Unix time."},
      {Metric::events_written,
       "floodgauge_events_written_total",
       counter,
       {},
       "Lines written to the event log."},
      {Metric::event_write_errors,
       "floodgauge_event_write_errors_total",
       counter,
       {},
       "Events that are missing from the event log."},
      {Metric::hook_runs,
       "floodgauge_hook_runs_total",
       counter,
       {"result"},
       "Runs of the hook program by result; dropped ones were never run."},
  };
}

}  // namespace

std::span<const MetricInfo> metric_table() {
  static const std::vector<MetricInfo> table = make_table();
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
  std::string text =
      "# Metrics\n\n"
      "What a scrape of `/metrics` holds. This page is made from `metric_table.cc`, and a test\n"
      "compares the two.\n\n"
      "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n";
  for (const MetricInfo& row : metric_table()) {
    text.append("| `").append(row.name).append("` | ").append(name(row.kind)).append(" | ");
    for (std::size_t i = 0; i < row.labels.size(); ++i) {
      text.append(i == 0 ? "`" : ", `").append(row.labels[i]).append("`");
    }
    text.append(row.labels.empty() ? "| " : " | ").append(row.help).append(" |\n");
  }
  return text;
}

}  // namespace floodgauge
