#include "engine/export/report/snapshot_json.h"

#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

Json or_null(const std::optional<double>& value, int decimals) {
  return value ? Json(rounded(*value, decimals)) : Json(nullptr);
}

}  // namespace

Json services_json(const std::vector<ServiceSnapshot>& services) {
  Json list = Json::array();
  for (const ServiceSnapshot& service : services) {
    Json row = {{"service", service.service},
                {"requests", service.requests},
                {"answers", service.answers},
                {"answer_ratio",
                 service.answers == 0 ? Json(nullptr) : Json(rounded_share(service.answer_ratio))},
                {"lost_requests", service.lost_requests},
                {"response_seconds_median", or_null(service.response_seconds_median, 6)},
                {"response_seconds_p99", or_null(service.response_seconds_p99, 6)}};
    if (service.nxdomain_share) {
      row["dns"] = {{"nxdomain_share", or_null(service.nxdomain_share, 4)},
                    {"servfail_share", or_null(service.servfail_share, 4)},
                    {"truncated_share", or_null(service.truncated_share, 4)},
                    {"unanswered_share", rounded_share(1 - service.answer_ratio)},
                    {"recursive_share", or_null(service.recursive_share, 4)}};
    }
    list.push_back(std::move(row));
  }
  return list;
}

namespace {
/// The last row, `other`, adds up the kinds that have no row.
Json unopened_json(const Unopened& unopened) {
  Json list = Json::array();
  for (const UnopenedKind& kind : unopened.kinds) {
    list.push_back({{"layer", kStopLayerNames[static_cast<std::size_t>(kind.stop.layer)]},
                    {"value", kind.stop.value},
                    {"name", stop_name(kind.stop)},
                    {"packets", kind.packets}});
  }
  if (unopened.other != 0) {
    list.push_back(
        {{"layer", "other"}, {"value", nullptr}, {"name", "other"}, {"packets", unopened.other}});
  }
  return list;
}

Json worker_json(const WorkerSnapshot& worker) {
  Json shedding = Json::array();
  for (std::size_t step = 0; step < worker.shedding.size(); ++step) {
    if (worker.shedding[step]) shedding.push_back(kSheddingSteps[step]);
  }
  return {{"busy_ratio", rounded_share(worker.busy_ratio)},
          {"cycles_per_packet", rounded_rate(worker.cycles_per_packet)},
          {"packets", worker.packets},
          {"flow_entries", worker.flow_entries},
          {"flow_evictions", worker.flow_evictions},
          {"shedding", shedding}};
}

Json port_json(const PortSnapshot& port) {
  return {{"name", port.name},
          {"link_up", port.link_up},
          {"queue_packets", Json(port.queue_packets)},
          {"missed", port.missed},
          {"no_mbuf", port.no_mbuf},
          {"queue_dropped", port.queue_dropped},
          {"transmitted", port.transmitted},
          {"transmit_dropped", port.transmit_dropped}};
}

}  // namespace

Json parse_json(const ParseCounts& parse, const Unopened& unopened) {
  Json malformed = Json::object();
  for (std::size_t fault = 1; fault < parse.malformed.size(); ++fault) {
    if (parse.malformed[fault] == 0) continue;
    malformed[fault_name(static_cast<Fault>(fault))] = parse.malformed[fault];
  }
  Json json = Json::object();
  for (const ParseCounter& counter : kParseCounters) {
    json[std::string(counter.json_key)] = parse.*counter.packets;
  }
  json["malformed"] = std::move(malformed);
  json["unopened"] = unopened_json(unopened);
  return json;
}

Json prefix_totals_json(const PrefixSnapshot& prefix) {
  return {{"prefix", prefix.prefix.text()},
          {"name", prefix.name},
          {"packets_in", prefix.total_in.packets},
          {"bytes_in", prefix.total_in.bytes},
          {"packets_out", prefix.total_out.packets},
          {"bytes_out", prefix.total_out.bytes},
          {"peak_pps_in", rounded_rate(prefix.peak_pps_in)},
          {"peak_bps_in", rounded_rate(prefix.peak_bps_in)},
          {"sources_estimate", prefix.sources_total}};
}

Json prefix_live_json(const PrefixSnapshot& prefix) {
  Json json = prefix_totals_json(prefix);
  json["pps_in"] = rounded_rate(prefix.pps_in);
  json["bps_in"] = rounded_rate(prefix.bps_in);
  json["pps_out"] = rounded_rate(prefix.pps_out);
  json["bps_out"] = rounded_rate(prefix.bps_out);
  json["new_flows_per_second"] = rounded_rate(prefix.new_flows_per_second);
  json["syn_per_second"] = rounded_rate(prefix.syn_per_second);
  json["handshakes_done_ratio"] = rounded_share(prefix.handshakes_done_ratio);
  json["sources_last_window"] = prefix.sources_estimate;
  json["hosts_active"] = prefix.hosts_active;
  json["services"] = services_json(prefix.services);
  return json;
}

Json host_json(const HostSnapshot& host, const EngineSnapshot& snapshot) {
  const bool known = host.prefix < snapshot.prefixes.size();
  return {{"address", host.address.text()},
          {"prefix", known ? Json(snapshot.prefixes[host.prefix].prefix.text()) : Json(nullptr)},
          {"pps_in", rounded_rate(host.pps_in)},
          {"bps_in", rounded_rate(host.bps_in)},
          {"pps_out", rounded_rate(host.pps_out)},
          {"bps_out", rounded_rate(host.bps_out)},
          {"new_flows_per_second", rounded_rate(host.new_flows_per_second)},
          {"syn_per_second", rounded_rate(host.syn_per_second)}};
}

Json scans_json(const EngineSnapshot& snapshot) {
  Json list = Json::array();
  for (const Scan& scan : snapshot.scans) {
    list.push_back({{"source", scan.source.text()},
                    {"target", scan.target.text()},
                    {"kind", name(scan.kind)},
                    {"tried", scan.tried},
                    {"refused", scan.refused},
                    {"start", rfc3339(scan.start)},
                    {"end", rfc3339(scan.end)},
                    {"peak_pps", rounded_rate(scan.peak_pps)}});
  }
  return list;
}

Json status_json(const EngineSnapshot& snapshot) {
  Json workers = Json::array();
  for (const WorkerSnapshot& worker : snapshot.workers) workers.push_back(worker_json(worker));
  Json ports = Json::array();
  for (const PortSnapshot& port : snapshot.ports) ports.push_back(port_json(port));
  std::uint64_t open = 0;
  for (const auto& incident : snapshot.incidents) open += incident->open ? 1 : 0;
  return {{"started", rfc3339(snapshot.started)},
          {"now", rfc3339(snapshot.now)},
          {"uptime_seconds", rounded((snapshot.now - snapshot.started).seconds(), 3)},
          {"windows", snapshot.windows},
          {"window_lag_seconds", rounded(snapshot.window_lag_seconds, 6)},
          {"packets", snapshot.total.packets},
          {"bytes", snapshot.total.bytes},
          {"duplicates", snapshot.duplicates},
          {"dropped", snapshot.dropped},
          {"loss_ratio", rounded_share(snapshot.loss_ratio)},
          {"prefixes", snapshot.prefixes.size()},
          {"addresses_seen", snapshot.protected_addresses_seen},
          {"incidents_open", open},
          {"scans", snapshot.scans_total},
          {"config_reload_successful", snapshot.reload_successful},
          {"parse", parse_json(snapshot.parse, snapshot.unopened)},
          {"workers", workers},
          {"ports", ports}};
}

}  // namespace floodgauge
