#include "detectors/one_way_view.h"

#include <algorithm>
#include <map>

namespace floodgauge {
namespace {

/// If less than one packet in this many seems to be sent by the target, these are other hosts'
/// packets.
constexpr std::uint64_t kStraysOneIn = 20;

/// Mean length of a host's ordinary connections, at most.
constexpr double kConnectionSeconds = 2;
/// A connection has at least this many packets after its begin.
constexpr std::uint64_t kGoesOn = 2;
/// A visit to a web server has this many packets from one side, on average.
constexpr double kPacketsOfVisit = 8;

/// Datagrams of a player or caller: 20 to 128 a second, and short. At most this many a second, with
/// at most this many bytes on average, and in at least this many flows within 100 ms, of which each
/// has so many of them in that time.
constexpr double kPlayerPerSecond = 150;
constexpr std::uint64_t kPlayerBytes = 300;
constexpr double kFewestPlayers = 50;
constexpr double kLeastOfPlayer = 1.5;
/// Lengths are various when at least kLengths steps of 32 bytes hold one packet in kLengthOneIn
/// each, and the fullest step holds at most this share of all: the packets of attack tools are of
/// one length. Of the segments of a server's clients, most are bare acknowledgements.
constexpr std::size_t kLengths = 3;
constexpr std::uint64_t kLengthOneIn = 200;
constexpr double kPlayersOneLength = 0.85;
constexpr double kClientsOneLength = 0.97;

/// A download has segments of at least this many bytes on average, and at least this share of them
/// is from ports of services (below kServicePorts).
constexpr std::uint64_t kDownloadBytes = 400;
constexpr std::uint16_t kServicePorts = 1024;
constexpr double kFromServices = 0.8;

/// In a sample of ordinary connections, at least one segment in this many begins a connection, and
/// one in this many ends one.
constexpr std::uint64_t kBeginOneIn = 40;
constexpr std::uint64_t kEndOneIn = 80;

/// Sources for each network (IPv4 /24, IPv6 /48) in the answers to a scan, at least; and how many
/// sources are looked at.
constexpr std::size_t kSourcesPerNetwork = 16;
constexpr std::size_t kSourcesLooked = 4096;
constexpr std::uint8_t kNetworkV4 = 24;
constexpr std::uint8_t kNetworkV6 = 48;

std::uint64_t begun(const TargetCounts& counts) {
  return counts.of(Vector::tcp_syn).packets + counts.of(Vector::tcp_synack).packets;
}

std::uint64_t amid(const TargetCounts& counts) {
  return counts.of(Vector::tcp_ack).packets + counts.of(Vector::tcp_stream).packets;
}

bool of_various_lengths(const TargetSummary& summary, double one_length) {
  std::size_t common = 0;
  std::uint64_t most = 0;
  for (const std::uint64_t packets : summary.length.counts()) {
    common += packets * kLengthOneIn >= summary.packets ? 1 : 0;
    most = std::max(most, packets);
  }
  return summary.packets != 0 && common >= kLengths &&
         static_cast<double>(most) <= one_length * static_cast<double>(summary.packets);
}

}  // namespace

bool is_unseen(const TargetCounts& counts) {
  if (counts.out_total.packets != 0) return false;
  // UnansweredSenders counts several hosts in one counter, so that a few packets may be others'.
  const std::uint64_t sent = counts.tcp_sent() + counts.sent(Vector::udp);
  return sent * kStraysOneIn <= counts.in_total.packets;
}

bool has_turnover(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  const std::uint64_t begins = begun(counts);
  if (!is_unseen(counts) || begins == 0) return false;
  const double renewed = static_cast<double>(begins) / view.seconds * kConnectionSeconds;
  if (renewed < static_cast<double>(counts.flows_active)) return false;
  // Flows that are first seen after their begin, as all are when a capture begins, have several
  // packets in a window. A flood from changing ports has one packet of each flow.
  const std::uint64_t strays = counts.new_flows - std::min(counts.new_flows, begins);
  return amid(counts) >= strays * kGoesOn &&
         counts.of(Vector::tcp_oneway).packets + amid(counts) >= begins * kGoesOn;
}

bool is_conversing(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  const Volume udp = counts.of(Vector::udp);
  if (!is_unseen(counts) || view.summary == nullptr || udp.packets == 0) return false;
  const double flows = view.usual_flows();
  const double packets = view.in_usual_window(static_cast<double>(udp.packets));
  const double each = flows * kUsualWindow * kPlayerPerSecond;
  return flows >= kFewestPlayers && packets >= kLeastOfPlayer * flows && packets <= each &&
         udp.bytes <= udp.packets * kPlayerBytes &&
         of_various_lengths(*view.summary, kPlayersOneLength);
}

double synacks_without_connection(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  const auto synacks = static_cast<double>(counts.of(Vector::tcp_synack).packets);
  if (!is_unseen(counts)) return synacks;
  const auto follow = static_cast<double>(counts.of(Vector::tcp_oneway).packets);
  return std::max(0.0, synacks - follow / kPacketsOfVisit);
}

bool is_download(const TargetView& view) {
  const Volume segments = view.counts.of(Vector::tcp_ack);
  if (!is_unseen(view.counts) || view.summary == nullptr) return false;
  if (segments.bytes < segments.packets * kDownloadBytes) return false;
  std::uint64_t from_services = 0;
  for (const auto& row : view.summary->source_ports.top(8)) {
    if (row.key < kServicePorts) from_services += row.packets;
  }
  return static_cast<double>(from_services) >=
         kFromServices * static_cast<double>(view.summary->packets);
}

bool is_sampled_use(const TargetView& view) {
  const TargetCounts& counts = view.counts;
  if (!is_unseen(counts) || view.summary == nullptr) return false;
  const std::uint64_t segments = counts.of(Vector::tcp_ack).packets;
  return begun(counts) * kBeginOneIn >= segments &&
         counts.of(Vector::tcp_fin).packets * kEndOneIn >= segments &&
         of_various_lengths(*view.summary, kClientsOneLength);
}

bool from_few_networks(const TargetSummary& summary) {
  std::map<IpPrefix, std::size_t> networks;
  const auto rows = summary.top_sources.top(kSourcesLooked);
  for (const auto& row : rows) {
    ++networks[IpPrefix::around(row.key, row.key.is_v4() ? kNetworkV4 : kNetworkV6)];
  }
  return rows.size() >= networks.size() * kSourcesPerNetwork;
}

}  // namespace floodgauge
