#include "detectors/service_answers.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "detectors/one_way_view.h"

namespace floodgauge {
namespace {

constexpr std::uint16_t kFirstDynamicPort = 49152;
/// Streams of RTP and their reports are sent to receivers that need not ask (IANA: avt-profile-1
/// and avt-profile-2; RFC 3551, section 8). Nothing answers from these ports.
constexpr std::uint16_t kStreamPorts[] = {5004, 5005};
constexpr double kFromOnePort = 0.8;
/// A host that one server or two send to is in a conversation.
constexpr double kFewestServers = 2.5;
/// A download's datagrams have at least this many bytes on average, come from at most this many
/// networks (IPv4 /24, IPv6 /48), and each flow has at least this many of them a second.
constexpr std::uint64_t kDownloadBytes = 600;
constexpr std::size_t kDownloadNetworks = 8;
constexpr double kDownloadPerSecond = 20;
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::size_t kSourcesLooked = 64;

std::size_t networks_of(const TargetSummary& summary) {
  std::set<IpPrefix> networks;
  for (const auto& row : summary.top_sources.top(kSourcesLooked)) {
    networks.insert(IpPrefix::around(row.key, row.key.is_v4() ? 24 : 48));
  }
  return networks.size();
}

/// Whether each flow of datagrams has as many a second as a download's.
bool flows_go_on(const TargetView& view) {
  const auto udp = static_cast<double>(view.counts.of(Vector::udp).packets);
  return view.in_usual_window(udp) >= kDownloadPerSecond * kUsualWindow * view.usual_flows();
}

/// Of a whole prefix of which nothing that it sends is visible: flows that go on as streams and
/// calls do. Reflectors send to many ports, so that each of their flows is short.
bool are_streams(const TargetView& view) {
  return view.whole_prefix && is_unseen(view.counts) && flows_go_on(view);
}

}  // namespace

std::optional<std::uint16_t> service_port_of(const TargetSummary& udp) {
  const auto ports = udp.source_ports.top(1);
  if (ports.empty() || ports[0].key == 0 || ports[0].key >= kFirstDynamicPort) return std::nullopt;
  if (std::ranges::find(kStreamPorts, ports[0].key) != std::end(kStreamPorts)) return std::nullopt;
  const bool one_port =
      static_cast<double>(ports[0].packets) >= kFromOnePort * static_cast<double>(udp.packets);
  if (!one_port || udp.sources.estimate() < kFewestServers) return std::nullopt;
  return ports[0].key;
}

std::uint64_t answers_of_one_port(const TargetView& view) {
  const TargetSummary* const summary =
      view.sources == nullptr ? nullptr : view.sources->find(Vector::udp);
  const std::uint64_t packets = view.counts.of(Vector::udp).packets;
  if (summary == nullptr || !service_port_of(*summary)) return 0;
  // A target that answers half of the datagrams is a server that is asked, and one that sends a
  // third as many is in a conversation over another path.
  if (view.counts.answers * 2 >= packets || view.counts.sent(Vector::udp) * 3 >= packets) return 0;
  if (is_conversing(view) || is_quic_download(view) || are_streams(view)) return 0;
  return packets;
}

bool is_quic_download(const TargetView& view) {
  const TargetSummary* const summary =
      view.sources == nullptr ? nullptr : view.sources->find(Vector::udp);
  const Volume udp = view.counts.of(Vector::udp);
  if (!is_unseen(view.counts) || summary == nullptr || udp.packets == 0) return false;
  const auto ports = summary->source_ports.top(1);
  const bool https =
      !ports.empty() && ports[0].key == kHttpsPort &&
      static_cast<double>(ports[0].packets) >= kFromOnePort * static_cast<double>(summary->packets);
  return https && udp.bytes >= udp.packets * kDownloadBytes && flows_go_on(view) &&
         networks_of(*summary) <= kDownloadNetworks;
}

bool is_one_conversation(const TargetView& view) {
  if (!is_unseen(view.counts) || view.sources == nullptr || view.whole_prefix) return false;
  const TargetSummary* const summary = view.sources->find(Vector::reflection_port);
  return summary != nullptr && summary->sources.estimate() < kFewestServers;
}

}  // namespace floodgauge
