#include "detectors/ongoing_incident.h"

#include <algorithm>
#include <cmath>

#include "detectors/service_answers.h"
#include "detectors/spoofed_sources.h"
#include "engine/classify/payload_stage.h"

namespace floodgauge {
namespace {

constexpr std::size_t kTopShown = 10;
/// Sources from which the networks are added up: this is done whenever somebody looks.
constexpr std::size_t kSourcesLooked = 8192;
constexpr std::uint8_t kNetworkV4 = 24;
constexpr std::uint8_t kNetworkV6 = 48;
constexpr std::size_t kTopSignatures = 3;
/// A signature that matched less than one packet in this many is not shown.
constexpr std::uint64_t kSignatureOneIn = 10;
constexpr std::size_t kRatePoints = 60;
/// A vector with a smaller share is not named: every flood comes with stray packets.
constexpr double kNamedShare = 0.01;
/// A vector with at least this share of a window, or of as many packets as came at the peak, is one
/// of the incident's own.
constexpr double kOwnShare = 0.05;
/// Where counts are not exact, smaller shares are not shown.
constexpr double kCertainShare = 0.01;

void move_volume(std::array<Volume, kVectors>& volumes, Vector from, Vector to) {
  volumes[static_cast<std::size_t>(to)] += volumes[static_cast<std::size_t>(from)];
  volumes[static_cast<std::size_t>(from)] = {};
}

/// Fragments after the first carry no ports. They belong to the reflected answers that were
/// fragmented, if these are at least one in twenty.
void give_fragments_to_reflection(std::array<Volume, kVectors>& volumes) {
  const Volume fragments = volumes[static_cast<std::size_t>(Vector::udp_fragment)];
  Vector largest = Vector::udp_fragment;
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  for (std::size_t v = 0; v < kVectors; ++v) {
    if (!is_reflection(static_cast<Vector>(v))) continue;
    packets += volumes[v].packets;
    if (volumes[v].bytes > bytes) {
      bytes = volumes[v].bytes;
      largest = static_cast<Vector>(v);
    }
  }
  if (packets * 20 >= fragments.packets && packets != 0) {
    move_volume(volumes, Vector::udp_fragment, largest);
  }
}

struct NetworkRow {
  IpPrefix key;
  std::uint64_t packets;
};

/// The networks (IPv4 /24, IPv6 /48) of the greatest sources, those with most packets first.
std::vector<NetworkRow> networks_of(const TargetSummary& summary) {
  std::vector<NetworkRow> networks;
  for (const auto& row : summary.top_sources.top(kSourcesLooked)) {
    networks.push_back(
        {IpPrefix::around(row.key, row.key.is_v4() ? kNetworkV4 : kNetworkV6), row.packets});
  }
  std::sort(networks.begin(), networks.end(),
            [](const NetworkRow& a, const NetworkRow& b) { return a.key < b.key; });
  std::size_t used = 0;
  for (const NetworkRow& row : networks) {
    if (used != 0 && networks[used - 1].key == row.key) {
      networks[used - 1].packets += row.packets;
    } else {
      networks[used++] = row;
    }
  }
  networks.resize(used);
  std::stable_sort(networks.begin(), networks.end(),
                   [](const NetworkRow& a, const NetworkRow& b) { return a.packets > b.packets; });
  if (networks.size() > kTopShown) networks.resize(kTopShown);
  return networks;
}

template <typename Row, typename Text>
std::vector<TopEntry> top_entries(const std::vector<Row>& rows, std::uint64_t all, bool exact,
                                  Text text) {
  std::vector<TopEntry> entries;
  for (const Row& row : rows) {
    const double share = all == 0 ? 0 : static_cast<double>(row.packets) / static_cast<double>(all);
    if (!exact && share < kCertainShare) break;
    entries.push_back({text(row.key), row.packets, share});
  }
  return entries;
}

}  // namespace

OngoingIncident::VectorVolumes OngoingIncident::excess(const TargetCounts& counts,
                                                       double seconds) const {
  VectorVolumes rest{};
  const bool requests = takes_connections();
  counts.vectors.for_each([&](Vector vector, Volume in, std::uint64_t) {
    // The connections that bring a request flood are part of it.
    const bool is_part =
        info(vector).attack || (requests && vector == Vector::tcp_established) ||
        (vector == Vector::udp_answered && found_.contains(Vector::quic_initial)) ||
        ((vector == Vector::tcp_stream || vector == Vector::tcp_oneway) &&
         (one_sided_ || found_.contains(Vector::tcp_ack)));
    if (!is_part) return;
    const auto v = static_cast<std::size_t>(vector);
    const auto usual_packets =
        static_cast<std::uint64_t>(std::lround(double{usual_.packets[v]} * seconds));
    const auto usual_bytes =
        static_cast<std::uint64_t>(std::lround(double{usual_.bytes[v]} * seconds));
    rest[v] = {in.packets - std::min(in.packets, usual_packets),
               in.bytes - std::min(in.bytes, usual_bytes)};
  });
  return rest;
}

void OngoingIncident::add(const TargetCounts& counts, double seconds) {
  last_volumes_ = excess(counts, seconds);
  Volume sum;
  for (std::size_t v = 0; v < kVectors; ++v) {
    volumes_[v] += last_volumes_[v];
    sum += last_volumes_[v];
  }
  last_seconds_ = seconds;
  note_vectors(last_volumes_, sum.packets);
  seconds_ += seconds;
  incident_.total += sum;
  incident_.current_pps = static_cast<double>(sum.packets) / seconds;
  incident_.current_bps = static_cast<double>(sum.bytes) * 8 / seconds;
}

void OngoingIncident::add_shares(const TargetCounts& counts, double seconds) {
  const VectorVolumes rest = excess(counts, seconds);
  std::uint64_t packets = 0;
  for (std::size_t v = 0; v < kVectors; ++v) {
    volumes_[v] += rest[v];
    packets += rest[v].packets;
  }
  note_vectors(rest, packets);
}

void OngoingIncident::note_vectors(const VectorVolumes& volumes, std::uint64_t packets) {
  // Where a flood has stopped, what is left of the window are the target's clients.
  const double most = std::max(static_cast<double>(packets), incident_.peak_pps * last_seconds_);
  const double least = std::max(1.0, kOwnShare * most);
  for (std::size_t v = 0; v < kVectors; ++v) {
    const auto vector = static_cast<Vector>(v);
    const bool found = volumes[v].packets != 0 && found_.contains(vector);
    if (!found && static_cast<double>(volumes[v].packets) < least) continue;
    vectors_ |= set_of(vector);
  }
  // Segments of one flow are counted as ACKs first and as a stream later.
  if (vectors_.contains(Vector::tcp_ack)) vectors_ |= set_of(Vector::tcp_stream);
}

void OngoingIncident::add_nothing() {
  last_volumes_ = {};
  incident_.current_pps = 0;
  incident_.current_bps = 0;
}

bool OngoingIncident::takes_connections() const {
  return found_.contains(Vector::http_request) || found_.contains(Vector::tls_hello) ||
         found_.contains(Vector::tcp_connection);
}

void OngoingIncident::add_earlier(const Volume& volume, double seconds, const Volume& connected) {
  Volume usual;
  Volume all = volume;
  const bool connections = takes_connections();
  if (connections) all += connected;
  for (const VectorInfo& row : vector_table()) {
    const bool is_part = row.attack || (connections && row.vector == Vector::tcp_established);
    if (!is_part) continue;
    const auto v = static_cast<std::size_t>(row.vector);
    usual.packets += static_cast<std::uint64_t>(std::lround(double{usual_.packets[v]} * seconds));
    usual.bytes += static_cast<std::uint64_t>(std::lround(double{usual_.bytes[v]} * seconds));
  }
  const Volume rest{all.packets - std::min(all.packets, usual.packets),
                    all.bytes - std::min(all.bytes, usual.bytes)};
  incident_.total += rest;
  note_peak(static_cast<double>(rest.packets) / seconds,
            static_cast<double>(rest.bytes) * 8 / seconds);
}

void OngoingIncident::note_peak(double packets_per_second, double bits_per_second) {
  incident_.peak_pps = std::max(incident_.peak_pps, packets_per_second);
  incident_.peak_bps = std::max(incident_.peak_bps, bits_per_second);
}

void OngoingIncident::note(const Findings& findings, bool over_limits) {
  const auto is_one_sided = [](const Finding& finding) {
    return finding.measure.starts_with("one_sided_");
  };
  // Where a vector has a limit of its own, the other traffic of the target is no part of the flood.
  if (!findings.empty() && std::ranges::all_of(findings, is_one_sided)) one_sided_ = true;
  for (const Finding& finding : findings) {
    found_.insert(finding.vector);
    if (over_limits && finding.limit > 1)
      worst_ratio = std::max(worst_ratio, finding.value / finding.limit);
    note_requests(finding);
  }
}

/// The packets of an incident do not tell how many requests they hold. So the evidence tells the
/// highest rate of them, and not that of the first window.
void OngoingIncident::note_requests(const Finding& finding) {
  if (finding.measure != "http_requests_per_second") return;
  for (Evidence& evidence : incident_.evidence) {
    if (evidence.measure != finding.measure || evidence.value >= finding.value) continue;
    evidence.value = finding.value;
    evidence.window_seconds = finding.seconds;
  }
}

void OngoingIncident::note_rate(double packets_per_second) {
  rate_sum_ += packets_per_second;
  if (++rate_pending_ < rate_step_) return;
  rates_.push_back(rate_sum_ / static_cast<double>(rate_pending_));
  rate_sum_ = 0;
  rate_pending_ = 0;
  if (rates_.size() <= kRatePoints) return;
  // Full: from now on each point is of twice as many windows.
  for (std::size_t i = 0; i + 1 < rates_.size(); i += 2) {
    rates_[i / 2] = (rates_[i] + rates_[i + 1]) / 2;
  }
  rates_.resize(rates_.size() / 2);
  rate_step_ *= 2;
}

std::string OngoingIncident::udp_service() const {
  if (incident_.direction == Direction::out) return "udp";
  const TargetSummary* const summary = sources_.find(Vector::udp);
  const auto port = summary == nullptr ? std::nullopt : service_port_of(*summary);
  return port ? "reflection_port_" + std::to_string(*port) : "udp";
}

OngoingIncident::VectorVolumes OngoingIncident::as_reported(VectorVolumes volumes) const {
  give_fragments_to_reflection(volumes);
  for (const Vector request : {Vector::http_request, Vector::tls_hello}) {
    if (!found_.contains(request)) continue;
    for (const Vector part : {Vector::tcp_established, Vector::tcp_syn}) {
      if (!found_.contains(part)) move_volume(volumes, part, request);
    }
  }
  if (found_.contains(Vector::tcp_connection)) {
    for (const Vector part : {Vector::tcp_established, Vector::tcp_syn}) {
      move_volume(volumes, part, Vector::tcp_connection);
    }
  }
  move_volume(volumes, Vector::udp_answered, Vector::quic_initial);
  move_volume(volumes, Vector::tcp_stream, Vector::tcp_ack);
  move_volume(volumes, Vector::tcp_oneway, Vector::tcp_ack);
  const TargetSummary* const queries = sources_.find(Vector::dns_query);
  const double names = queries == nullptr ? 0 : static_cast<double>(queries->named);
  if (names >= 100 && queries->names.estimate() > names * 0.5) {
    move_volume(volumes, Vector::dns_query, Vector::dns_random_subdomain);
  }
  return volumes;
}

std::vector<VectorShare> OngoingIncident::shares() const {
  const VectorVolumes volumes = as_reported(volumes_);
  const VectorVolumes last = as_reported(last_volumes_);
  Volume all;
  for (const Volume& volume : volumes) all += volume;
  std::vector<std::pair<std::uint64_t, Vector>> order;
  for (std::size_t v = 0; v < kVectors; ++v) {
    if (volumes[v].packets != 0) order.emplace_back(volumes[v].packets, static_cast<Vector>(v));
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<VectorShare> shares;
  for (const auto& [packets, vector] : order) {
    const double share = static_cast<double>(packets) / static_cast<double>(all.packets);
    if (share < kNamedShare && !shares.empty()) break;
    const Volume& now = last[static_cast<std::size_t>(vector)];
    shares.push_back(
        {.name = vector == Vector::udp ? udp_service() : std::string(info(vector).name),
         .share = share,
         .current_pps = static_cast<double>(now.packets) / last_seconds_,
         .current_bps = static_cast<double>(now.bytes) * 8 / last_seconds_});
  }
  return shares;
}

std::vector<TopEntry> OngoingIncident::signature_entries(const SignatureSet* signatures) const {
  if (signatures == nullptr) return {};
  const TargetSummary& summary = sources_.all();
  auto rows = summary.signatures.top(kTopSignatures);
  // Stray packets of ordinary traffic match as well. Of some vectors only a sample was searched.
  std::erase_if(rows, [&](const auto& row) {
    return row.packets * PayloadStage::kSampled * kSignatureOneIn < summary.packets;
  });
  std::uint64_t matched = 0;
  for (const auto& row : rows) matched += row.packets;
  return top_entries(rows, matched, true, [signatures](std::uint16_t index) {
    return index < signatures->signatures().size() ? signatures->signatures()[index].name
                                                   : std::string("unknown");
  });
}

Vector OngoingIncident::main_vector() const {
  const VectorVolumes volumes = as_reported(volumes_);
  const auto most =
      std::max_element(volumes.begin(), volumes.end(),
                       [](const Volume& a, const Volume& b) { return a.packets < b.packets; });
  return static_cast<Vector>(most - volumes.begin());
}

/// Replaces what the detectors said before of who sends by what they say now.
void OngoingIncident::judge_sources() {
  Findings findings;
  const Vector vector = main_vector();
  for (const Detector& detector : detector_table()) {
    if (detector.on_sources != nullptr) detector.on_sources(sources_.all(), vector, findings);
  }
  incident_.evidence.resize(opening_evidence_);
  for (const Finding& finding : findings) {
    incident_.evidence.push_back({finding.measure, finding.value, finding.limit, seconds_});
  }
  incident_.shape = shape_of(sources_.all(), findings);
}

void OngoingIncident::render_sources(const TargetSummary& summary) {
  // While all sources are kept, they are counted.
  incident_.sources_estimate =
      summary.top_sources.exact()
          ? summary.top_sources.size()
          : static_cast<std::uint64_t>(std::llround(summary.sources.estimate()));
  incident_.top_sources =
      top_entries(summary.top_sources.top(kTopShown), summary.packets, summary.top_sources.exact(),
                  [](const IpAddress& address) { return address.text(); });
  incident_.top_networks =
      top_entries(networks_of(summary), summary.packets, summary.top_sources.exact(),
                  [](const IpPrefix& network) { return network.text(); });
  const auto port_text = [](std::uint16_t port) { return std::to_string(port); };
  incident_.top_source_ports = top_entries(summary.source_ports.top(kTopShown), summary.packets,
                                           summary.source_ports.exact(), port_text);
  incident_.top_destination_ports =
      top_entries(summary.destination_ports.top(kTopShown), summary.packets,
                  summary.destination_ports.exact(), port_text);
}

/// Of a flood out, the summary tells whom it hits; there is one sender.
void OngoingIncident::name_sender() {
  incident_.towards = std::move(incident_.top_sources);
  incident_.sources_estimate = 1;
  incident_.top_sources = {{incident_.target.address.text(), incident_.total.packets, 1}};
}

void OngoingIncident::render(const SignatureSet* signatures) {
  incident_.rate_history = rates_;
  if (incident_.kind != IncidentKind::flood) return;
  sources_.prune();
  incident_.vectors = shares();
  render_sources(sources_.all());
  incident_.signatures = signature_entries(signatures);
  if (incident_.direction == Direction::out) {
    name_sender();
  } else {
    judge_sources();
  }
}

}  // namespace floodgauge
