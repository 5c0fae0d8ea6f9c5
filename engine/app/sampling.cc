#include "engine/app/sampling.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "config/threshold_table.h"

namespace floodgauge {
namespace {

constexpr double kStandardErrors = 3;
/// Bytes of a packet, for the number of packets at a limit in bits.
constexpr double kTypicalBytes = 700;

void lower(Thresholds& limits, double sampling, double window_seconds) {
  for (const auto& row : kThresholdTable) {
    std::optional<double>& limit = limits.*row.member;
    if (!limit) continue;
    const double arriving = *limit / sampling;
    const double unit = row.kind == RateKind::bits ? 8 * kTypicalBytes : 1;
    const double packets = std::max(arriving * window_seconds / unit, 1e-9);
    limit = arriving * (1 + kStandardErrors / std::sqrt(packets));
  }
}

void scale(Volume& volume, std::uint32_t sampling) {
  volume.packets *= sampling;
  volume.bytes *= sampling;
}

void scale(std::vector<TopEntry>& entries, std::uint32_t sampling) {
  for (TopEntry& entry : entries) entry.packets *= sampling;
}

void scale(PrefixSnapshot& prefix, std::uint32_t sampling) {
  for (Volume& volume : prefix.in) scale(volume, sampling);
  for (Volume& volume : prefix.out) scale(volume, sampling);
  scale(prefix.total_in, sampling);
  scale(prefix.total_out, sampling);
  for (double* rate :
       {&prefix.peak_pps_in, &prefix.peak_bps_in, &prefix.pps_in, &prefix.bps_in, &prefix.pps_out,
        &prefix.bps_out, &prefix.new_flows_per_second, &prefix.syn_per_second}) {
    *rate *= sampling;
  }
  for (ServiceSnapshot& service : prefix.services) {
    service.requests *= sampling;
    service.answers *= sampling;
  }
}

void scale(HostSnapshot& host, std::uint32_t sampling) {
  for (double* rate : {&host.pps_in, &host.bps_in, &host.pps_out, &host.bps_out,
                       &host.new_flows_per_second, &host.syn_per_second}) {
    *rate *= sampling;
  }
}

}  // namespace

Settings settings_of_arrivals(Settings settings) {
  if (settings.sampling <= 1) return settings;
  const double sampling = settings.sampling;
  const double window = settings.engine.window.seconds();
  for (auto& [name, profile] : settings.profiles) {
    lower(profile.thresholds, sampling, window);
    lower(profile.prefix_thresholds, sampling, window);
  }
  if (settings.link.capacity) *settings.link.capacity /= sampling;
  return settings;
}

double sampling_error(std::uint64_t packets, std::uint32_t sampling) {
  if (sampling <= 1) return 0;
  const double count = static_cast<double>(std::max<std::uint64_t>(packets, 1));
  return 1.96 * std::sqrt((1 - 1.0 / sampling) / count);
}

void scale(Incident& incident, std::uint32_t sampling) {
  if (sampling <= 1) return;
  incident.sampling = sampling;
  incident.sampling_error = sampling_error(incident.total.packets, sampling);
  scale(incident.total, sampling);
  for (double* rate :
       {&incident.peak_pps, &incident.peak_bps, &incident.current_pps, &incident.current_bps}) {
    *rate *= sampling;
  }
  for (double& rate : incident.rate_history) rate *= sampling;
  scale(incident.top_sources, sampling);
  scale(incident.top_networks, sampling);
  scale(incident.top_source_ports, sampling);
  scale(incident.top_destination_ports, sampling);
  scale(incident.towards, sampling);
  scale(incident.signatures, sampling);
  if (incident.kind != IncidentKind::flood) return;
  for (Evidence& evidence : incident.evidence) {
    // Shares, spreads and numbers of hosts stay what they are.
    if (!evidence.measure.ends_with("_per_second")) continue;
    evidence.value *= sampling;
    evidence.limit *= sampling;
  }
}

void scale(EngineSnapshot& snapshot, std::uint32_t sampling) {
  snapshot.sampling = sampling;
  if (sampling <= 1) return;
  for (PrefixSnapshot& prefix : snapshot.prefixes) scale(prefix, sampling);
  for (HostSnapshot& host : snapshot.top_hosts) scale(host, sampling);
  for (LeftAlone& host : snapshot.left_alone) {
    host.peak_pps *= sampling;
    host.peak_bps *= sampling;
  }
  for (auto& incident : snapshot.incidents) {
    auto scaled = std::make_shared<Incident>(*incident);
    scale(*scaled, sampling);
    incident = std::move(scaled);
  }
}

}  // namespace floodgauge
