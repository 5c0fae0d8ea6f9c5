#include "detectors/spoofed_sources.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/sketch/entropy.h"

namespace floodgauge {
namespace {

/// Mean packets of a source below which sources are drawn at random: of the 2^32 addresses, hardly
/// one is drawn twice, while a real host sends again. Above 1, since the number of sources is an
/// estimate and the target gets other packets too.
constexpr double kDrawnOnce = 1.3;
/// From this share of impossible sources on, they are a tool's: a stray packet with an impossible
/// source is in every capture.
constexpr double kImpossible = 0.02;
/// Hosts of this many networks have an effective number of TTLs above kOneDistance: systems begin
/// at 64, 128 or 255, and paths differ by ten hops and more.
constexpr std::uint64_t kManyNetworks = 64;
constexpr double kOneDistance = 2.5;

/// Measures are reported in these steps. When there are more sources than are kept, it depends on
/// the number of workers which sources are kept; the report must not.
constexpr double kNetworksStep = 10;
constexpr double kShareStep = 0.05;

double rounded(double value, double step) {
  return std::max(1.0, std::round(value / step)) * step;
}

bool is_impossible(const IpAddress& address) {
  if (!address.is_v4()) return false;
  const std::uint8_t first = address.bytes[12];
  return first == 0 || first == 127 || first >= 224;
}

}  // namespace

SourceEvidence evidence_of(const TargetSummary& summary) {
  SourceEvidence evidence;
  SourceSpread spread;
  std::set<IpPrefix> wide;
  std::uint64_t impossible = 0;
  summary.top_sources.for_each([&](const IpAddress& address, std::uint64_t) {
    ++evidence.known;
    spread.add(address);
    impossible += is_impossible(address) ? 1 : 0;
    if (wide.size() < kManyNetworks) {
      wide.insert(IpPrefix::around(address, address.is_v4() ? 16 : 32));
    }
  });
  if (evidence.known == 0) return evidence;
  evidence.packets_each = static_cast<double>(summary.packets) / summary.sources.estimate();
  evidence.networks = spread.networks();
  evidence.within = spread.within();
  evidence.impossible = static_cast<double>(impossible) / static_cast<double>(evidence.known);
  evidence.wide = wide.size();
  evidence.distances = effective_buckets(summary.ttl.counts());
  return evidence;
}

bool may_be_spoofed(Vector vector) {
  switch (vector) {
    case Vector::tcp_synack:  // of servers that were sent the target's address
    case Vector::tcp_connection:
    case Vector::http_request:
    case Vector::tls_hello:
      return false;
    default:
      return !is_reflection(vector);
  }
}

void check_spoofed_sources(const TargetSummary& summary, Vector vector, Findings& evidence) {
  if (!may_be_spoofed(vector)) return;
  const SourceEvidence seen = evidence_of(summary);
  if (seen.known < SourceSpread::kLeastPackets) return;
  if (seen.networks >= SourceSpread::kSpoofedNetworks &&
      seen.within >= SourceSpread::kSpoofedWithin && seen.packets_each < kDrawnOnce) {
    evidence.push_back({vector, "spoofed_network_spread", rounded(seen.networks, kNetworksStep),
                        SourceSpread::kSpoofedNetworks});
  }
  if (seen.impossible >= kImpossible) {
    evidence.push_back(
        {vector, "spoofed_impossible_share", rounded(seen.impossible, kShareStep), kImpossible});
  }
  if (seen.wide >= kManyNetworks && seen.distances <= kOneDistance) {
    evidence.push_back({vector, "spoofed_ttl_spread", seen.distances, kOneDistance});
  }
}

std::string shape_of(const TargetSummary& summary, const Findings& evidence) {
  if (summary.sources.estimate() < 2) return "one source";
  if (evidence.empty()) return "";
  const std::string_view first = evidence.front().measure;
  if (first == "spoofed_network_spread") return "spoofed: spread evenly over all networks";
  if (first == "spoofed_impossible_share") return "spoofed: addresses that nobody has";
  return "spoofed: many networks, all at one distance";
}

}  // namespace floodgauge
