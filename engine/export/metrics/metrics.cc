#include "engine/export/metrics/metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace floodgauge {
namespace {

/// Limit for the vectors of one incident that have series. The incident itself lists all of them.
constexpr std::size_t kVectorsShown = 8;
constexpr std::array<IncidentKind, 4> kKinds = {IncidentKind::flood, IncidentKind::impact,
                                                IncidentKind::blackout, IncidentKind::saturation};
constexpr std::array<Severity, 4> kSeverities = {Severity::low, Severity::medium, Severity::high,
                                                 Severity::critical};

/// The name of a vector as a label with a bounded number of values: without a source port, which
/// the incident itself tells.
std::string_view bounded_vector(std::string_view vector) {
  constexpr std::string_view kByPort = "reflection_port";
  return vector.starts_with(kByPort) ? kByPort : vector;
}

/// Passes the samples of one snapshot to a sink, metric by metric.
class Renderer {
 public:
  Renderer(const EngineSnapshot& snapshot, const MetricsInput& input, MetricSink& sink)
      : snapshot_(snapshot), input_(input), sink_(sink) {
    for (const PrefixSnapshot& prefix : snapshot.prefixes) {
      prefix_texts_.push_back(prefix.prefix.text());
    }
  }

  void link() {
    one(Metric::received_packets, static_cast<double>(snapshot_.total.packets));
    one(Metric::received_bytes, static_cast<double>(snapshot_.total.bytes));
    one(Metric::dropped_packets, static_cast<double>(snapshot_.dropped));
    one(Metric::loss_ratio, snapshot_.loss_ratio);
    const ParseCounts& parse = snapshot_.parse;
    begin(Metric::parsed_packets);
    for (const ParseCounter& counter : kParseCounters) {
      sample({counter.metric_label}, parse.*counter.packets);
    }
    begin(Metric::malformed_packets);
    for (std::size_t fault = 1; fault < parse.malformed.size(); ++fault) {
      sample({fault_name(static_cast<Fault>(fault))}, parse.malformed[fault]);
    }
    begin(Metric::unopened_packets);
    for (std::size_t layer = 1; layer < kStopLayers; ++layer) {
      sample({kStopLayerNames[layer]}, snapshot_.unopened.by_layer[layer]);
    }
    one(Metric::duplicate_packets, static_cast<double>(snapshot_.duplicates));
    one(Metric::clock_steps, static_cast<double>(snapshot_.clock_steps));
    one(Metric::protected_addresses_seen, static_cast<double>(snapshot_.protected_addresses_seen));
  }

  void prefixes() {
    begin(Metric::prefix_info);
    each_prefix([&](std::string_view text, const PrefixSnapshot& prefix) {
      sample({text, prefix.name}, 1);
    });
    volumes(Metric::packets, &Volume::packets);
    volumes(Metric::bytes, &Volume::bytes);
    prefix_gauge(Metric::sources_estimate, [](const PrefixSnapshot& prefix) {
      return static_cast<double>(prefix.sources_estimate);
    });
    prefix_gauge(Metric::hosts_active, [](const PrefixSnapshot& prefix) {
      return static_cast<double>(prefix.hosts_active);
    });
    prefix_gauge(Metric::prefix_new_flows,
                 [](const PrefixSnapshot& prefix) { return prefix.new_flows_per_second; });
    prefix_gauge(Metric::prefix_syn,
                 [](const PrefixSnapshot& prefix) { return prefix.syn_per_second; });
    prefix_gauge(Metric::prefix_handshakes_completed,
                 [](const PrefixSnapshot& prefix) { return prefix.handshakes_done_ratio; });
  }

  void services() {
    begin(Metric::service_answer_ratio);
    each_service([&](std::string_view text, const ServiceSnapshot& service) {
      // Where no answer has ever been visible, nothing is known.
      if (service.answers != 0) sample({text, service.service}, service.answer_ratio);
    });
    begin(Metric::service_lost_requests);
    each_service([&](std::string_view text, const ServiceSnapshot& service) {
      sample({text, service.service}, service.lost_requests);
    });
    begin(Metric::service_response_seconds);
    each_service([&](std::string_view text, const ServiceSnapshot& service) {
      histogram({text, service.service}, service.response_seconds);
    });
  }

  void incidents() {
    incidents_open();
    incidents_total();
    incident_rates();
  }

  void announced() {
    begin(Metric::announced_rules);
    for (const auto& [speaker, rules] : snapshot_.announced.standing) sample({speaker}, rules);
    begin(Metric::announcements);
    for (std::size_t i = 0; i < kAnnouncementResultNames.size(); ++i) {
      sample({kAnnouncementResultNames[i]}, snapshot_.announced.results[i]);
    }
    std::vector<const AnnouncedRule*> rules;
    for (const AnnouncedRule& rule : snapshot_.announced.rules) rules.push_back(&rule);
    std::sort(rules.begin(), rules.end(), [](const AnnouncedRule* a, const AnnouncedRule* b) {
      return std::tie(b->before_pps, a->target, a->rule) <
             std::tie(a->before_pps, b->target, b->rule);
    });
    if (rules.size() > input_.incident_cap) rules.resize(input_.incident_cap);
    begin(Metric::rule_remaining_ratio);
    // Two speakers may have the same rule.
    std::set<std::pair<std::string_view, std::string_view>> told;
    for (const AnnouncedRule* rule : rules) {
      if (!told.insert({rule->target, rule->rule}).second) continue;
      sample({rule->target, rule->rule}, rule->remaining_ratio.value_or(0));
    }
  }

  void ports() {
    begin(Metric::port_receive_packets);
    for (const PortSnapshot& port : snapshot_.ports) {
      for (std::size_t queue = 0; queue < port.queue_packets.size(); ++queue) {
        sample({port.name, std::to_string(queue)}, port.queue_packets[queue]);
      }
    }
    port_value(Metric::port_receive_missed, [](const PortSnapshot& port) { return port.missed; });
    port_value(Metric::port_receive_no_mbuf, [](const PortSnapshot& port) { return port.no_mbuf; });
    port_value(Metric::port_receive_queue_dropped,
               [](const PortSnapshot& port) { return port.queue_dropped; });
    port_value(Metric::port_transmit_packets,
               [](const PortSnapshot& port) { return port.transmitted; });
    port_value(Metric::port_transmit_dropped,
               [](const PortSnapshot& port) { return port.transmit_dropped; });
    port_value(Metric::port_link_up,
               [](const PortSnapshot& port) -> std::uint64_t { return port.link_up ? 1 : 0; });
  }

  void workers() {
    worker_value(Metric::worker_packets,
                 [](const WorkerSnapshot& worker) { return static_cast<double>(worker.packets); });
    worker_value(Metric::worker_busy_ratio,
                 [](const WorkerSnapshot& worker) { return worker.busy_ratio; });
    worker_value(Metric::worker_cycles_per_packet,
                 [](const WorkerSnapshot& worker) { return worker.cycles_per_packet; });
    begin(Metric::worker_shedding);
    for (std::size_t i = 0; i < snapshot_.workers.size(); ++i) {
      for (std::size_t step = 0; step < kSheddingSteps.size(); ++step) {
        sample({std::to_string(i), kSheddingSteps[step]},
               snapshot_.workers[i].shedding[step] ? 1 : 0);
      }
    }
    worker_value(Metric::flow_table_entries, [](const WorkerSnapshot& worker) {
      return static_cast<double>(worker.flow_entries);
    });
    worker_value(Metric::flow_evictions, [](const WorkerSnapshot& worker) {
      return static_cast<double>(worker.flow_evictions);
    });
  }

  void engine() {
    one(Metric::windows, static_cast<double>(snapshot_.windows));
    one(Metric::window_lag_seconds, snapshot_.window_lag_seconds);
    one(Metric::healthy, snapshot_.health.healthy ? 1 : 0);
    begin(Metric::left_out);
    const auto left_out = values_of(snapshot_.left_out);
    for (std::size_t i = 0; i < left_out.size(); ++i) sample({kLeftOutNames[i]}, left_out[i]);
    one(Metric::start_time_seconds, snapshot_.started.seconds());
    one(Metric::config_last_reload_successful, snapshot_.reload_successful ? 1 : 0);
    one(Metric::config_last_reload_success_timestamp_seconds, snapshot_.reload_time.seconds());
  }

 private:
  void begin(Metric metric) { sink_.begin(info(metric)); }

  template <typename Value>
  void sample(std::initializer_list<std::string_view> values, Value value) {
    sink_.sample(std::span(values.begin(), values.size()), static_cast<double>(value));
  }
  void histogram(std::initializer_list<std::string_view> values, const SecondsHistogram& data) {
    sink_.histogram(std::span(values.begin(), values.size()), data);
  }
  void one(Metric metric, double value) {
    begin(metric);
    sample({}, value);
  }

  template <typename Visit>
  void each_prefix(const Visit& visit) {
    for (std::size_t i = 0; i < snapshot_.prefixes.size(); ++i) {
      visit(prefix_texts_[i], snapshot_.prefixes[i]);
    }
  }
  template <typename Visit>
  void each_service(const Visit& visit) {
    each_prefix([&](std::string_view text, const PrefixSnapshot& prefix) {
      for (const ServiceSnapshot& service : prefix.services) visit(text, service);
    });
  }
  template <typename Value>
  void prefix_gauge(Metric metric, const Value& value) {
    begin(metric);
    each_prefix([&](std::string_view text, const PrefixSnapshot& prefix) {
      sample({text}, value(prefix));
    });
  }
  template <typename Value>
  void port_value(Metric metric, const Value& value) {
    begin(metric);
    for (const PortSnapshot& port : snapshot_.ports) sample({port.name}, value(port));
  }
  template <typename Value>
  void worker_value(Metric metric, const Value& value) {
    begin(metric);
    for (std::size_t i = 0; i < snapshot_.workers.size(); ++i) {
      sample({std::to_string(i)}, value(snapshot_.workers[i]));
    }
  }

  /// Traffic classes without any packet have no series, because most prefixes see few classes.
  void volumes(Metric metric, std::uint64_t Volume::*member) {
    begin(metric);
    each_prefix([&](std::string_view text, const PrefixSnapshot& prefix) {
      for (std::size_t i = 0; i < kClasses; ++i) {
        const std::string_view traffic_class = class_name(static_cast<TrafficClass>(i));
        const std::uint64_t in = prefix.in[i].*member;
        const std::uint64_t out = prefix.out[i].*member;
        if (in > 0) sample({text, "in", traffic_class}, in);
        if (out > 0) sample({text, "out", traffic_class}, out);
      }
    });
  }

  void incidents_open() {
    std::array<std::array<std::uint64_t, kSeverities.size()>, kKinds.size()> open{};
    for (const auto& incident : snapshot_.incidents) {
      if (!incident->open || incident->maintenance) continue;
      ++open[static_cast<std::size_t>(incident->kind)]
            [static_cast<std::size_t>(incident->severity)];
    }
    begin(Metric::incidents_open);
    for (const IncidentKind kind : kKinds) {
      for (const Severity severity : kSeverities) {
        sample({name(kind), name(severity)},
               open[static_cast<std::size_t>(kind)][static_cast<std::size_t>(severity)]);
      }
    }
  }

  /// Every possible vector has a series from the start with 0, so that increase() sees the first
  /// incident.
  void incidents_total() {
    std::map<std::pair<IncidentKind, std::string_view>, std::uint64_t> totals;
    for (const VectorInfo& row : vector_table()) {
      if (row.attack) totals[{IncidentKind::flood, row.name}] = 0;
    }
    for (const IncidentKind kind : kKinds) {
      if (kind != IncidentKind::flood) totals[{kind, ""}] = 0;
    }
    for (const auto& [key, count] : snapshot_.incidents_total) {
      totals[{key.first, bounded_vector(key.second)}] += count;
    }
    begin(Metric::incidents);
    for (const auto& [key, count] : totals) sample({name(key.first), key.second}, count);
    begin(Metric::incidents_dropped);
    sample({"open"}, snapshot_.incidents_not_opened);
    sample({"targets"}, snapshot_.targets_not_followed);
    sample({"displaced"}, snapshot_.incidents_displaced);
  }

  void incident_rates() {
    std::vector<const Incident*> open;
    for (const auto& incident : snapshot_.incidents) {
      if (incident->open && !incident->vectors.empty()) open.push_back(incident.get());
    }
    // The most severe incidents have series. Equal ones are ordered by id, so that series do not
    // come and go.
    std::sort(open.begin(), open.end(), [](const Incident* a, const Incident* b) {
      return std::tie(b->severity, b->peak_pps, a->id) < std::tie(a->severity, a->peak_pps, b->id);
    });
    const std::size_t shown = std::min(open.size(), input_.incident_cap);
    // Two incidents of one target may have the same vector, but a series must occur only once.
    using Key = std::tuple<std::string, std::string, std::string_view, std::string_view>;
    std::map<Key, std::pair<double, double>> rates;
    for (std::size_t i = 0; i < shown; ++i) {
      const Incident& incident = *open[i];
      const std::size_t vectors = std::min(incident.vectors.size(), kVectorsShown);
      for (std::size_t v = 0; v < vectors; ++v) {
        const VectorShare& vector = incident.vectors[v];
        auto& [packets, bits] = rates[{incident.target.text(), incident.prefix.text(),
                                       bounded_vector(vector.name), name(incident.direction)}];
        packets += vector.current_pps;
        bits += vector.current_bps;
      }
    }
    begin(Metric::incident_packets);
    for (const auto& [key, rate] : rates) {
      sample({std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key)}, rate.first);
    }
    begin(Metric::incident_bits);
    for (const auto& [key, rate] : rates) {
      sample({std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key)}, rate.second);
    }
    std::map<std::tuple<std::string, std::string, std::string_view>, int> severities;
    for (std::size_t i = 0; i < shown; ++i) {
      int& worst =
          severities[{open[i]->target.text(), open[i]->prefix.text(), name(open[i]->direction)}];
      worst = std::max(worst, static_cast<int>(open[i]->severity) + 1);
    }
    begin(Metric::incident_severity);
    for (const auto& [key, severity] : severities) {
      sample({std::get<0>(key), std::get<1>(key), std::get<2>(key)}, severity);
    }
    incident_conditions();
    one(Metric::incident_series_dropped, static_cast<double>(open.size() - shown));
    one(Metric::scans, static_cast<double>(snapshot_.scans_total));
  }

  void incident_conditions() {
    constexpr std::array kShown = {Condition::recovering, Condition::slow, Condition::failing,
                                   Condition::silent};
    std::vector<const Incident*> open;
    for (const auto& incident : snapshot_.incidents) {
      if (incident->open && incident->impact && !incident->maintenance) {
        open.push_back(incident.get());
      }
    }
    std::sort(open.begin(), open.end(), [](const Incident* a, const Incident* b) {
      return std::tie(b->severity, a->id) < std::tie(a->severity, b->id);
    });
    begin(Metric::incident_condition);
    for (std::size_t i = 0; i < std::min(open.size(), input_.incident_cap); ++i) {
      const ImpactDetail& detail = *open[i]->impact;
      for (const Condition condition : kShown) {
        sample({open[i]->target.text(), detail.service, name(condition)},
               std::uint64_t{detail.now == condition});
      }
    }
  }

  const EngineSnapshot& snapshot_;
  const MetricsInput& input_;
  MetricSink& sink_;
  std::vector<std::string> prefix_texts_;
};

void render_build(const BuildInfo& build, MetricSink& sink) {
  sink.begin(info(Metric::build_info));
  const std::array<std::string_view, 3> values = {build.version, build.revision, build.dpdk};
  sink.sample(values, 1);
}

}  // namespace

void render_metrics(const EngineSnapshot* snapshot, const MetricsInput& input, MetricSink& sink) {
  render_build(input.build, sink);
  if (snapshot != nullptr) {
    Renderer renderer(*snapshot, input, sink);
    renderer.link();
    renderer.prefixes();
    renderer.services();
    renderer.incidents();
    renderer.announced();
    renderer.ports();
    renderer.workers();
    renderer.engine();
  }
}

}  // namespace floodgauge
