#include "detectors/baseline.h"

#include <algorithm>

#include "detectors/prefix_state.h"

namespace floodgauge {
namespace {

using enum TrafficClass;

// Not here: ordinary traffic, which may rise without limit, and requests over TCP, which a crowd of
// clients sends in great numbers.
constexpr std::array<BaselineClass, kBaselineClasses> kRows = {{
    {tcp_syn, Vector::tcp_syn, &Thresholds::syn},
    {tcp_synack, Vector::tcp_synack, &Thresholds::synack},
    {tcp_ack, Vector::tcp_ack, &Thresholds::ack},
    {tcp_rst, Vector::tcp_rst, &Thresholds::rst},
    {tcp_fin, Vector::tcp_fin, &Thresholds::fin},
    {tcp_flags, Vector::tcp_flags, &Thresholds::flags},
    {udp, Vector::udp, &Thresholds::udp},
    {reflection, Vector::reflection_port, &Thresholds::reflection},
    {fragment, Vector::fragment, &Thresholds::fragment},
    {icmp, Vector::icmp, &Thresholds::icmp},
    {icmpv6, Vector::icmpv6, &Thresholds::icmp},
    {gre, Vector::gre, &Thresholds::gre},
    {esp, Vector::esp, &Thresholds::esp},
    {dns, Vector::dns_query, &Thresholds::dns_query},
    {quic, Vector::quic_initial, &Thresholds::quic_initial},
    {other, Vector::other, &Thresholds::other},
}};

/// A rate below this share of one host's limit is no flood, however unusual it is.
constexpr double kFloor = 0.1;
/// Less than this many packets above the usual number in a second are no flood either.
constexpr double kLeastPackets = 10;
/// The floor where there is no limit, in packets/s.
constexpr double kFloorWithoutLimit = 500;
/// An unusual rate lasts while it is above this share of the way from the level to the limit.
constexpr double kLasts = 0.5;
/// A crowd of clients completes at least this share of its handshakes and gets this share of its
/// answers.
constexpr double kCrowdServed = 0.3;

}  // namespace

std::span<const BaselineClass> baseline_classes() {
  return kRows;
}

Finding Unusual::finding() const {
  const BaselineClass& row = kRows[traffic_class];
  return {row.vector,
          "baseline_" + std::string(class_name(row.traffic_class)) + "_packets_per_second", rate,
          limit, 1.0 * Baseline::kSeconds};
}

void Baseline::restore(const IpPrefix& prefix, PrefixBaseline baseline) {
  if (learnt_.size() < kMostPrefixes) learnt_[prefix] = std::move(baseline);
}

bool Baseline::suspects(std::uint32_t prefix) const {
  const auto at = running_.find(prefix);
  return at != running_.end() && at->second.suspect;
}

std::vector<UsualLook> Baseline::looked(std::uint32_t prefix) const {
  const auto at = running_.find(prefix);
  return at == running_.end() || at->second.of != registry_.prefixes()[prefix].prefix
             ? std::vector<UsualLook>{}
             : at->second.looked;
}

void Baseline::add(const PrefixWindow& prefix) {
  Running* const known = state_of(running_, prefix.prefix, registry_, kMostPrefixes);
  if (known == nullptr) return;
  Running& running = *known;
  for (std::size_t c = 0; c < kRows.size(); ++c) {
    running.packets[c] += prefix.in[static_cast<std::size_t>(kRows[c].traffic_class)].packets;
  }
  running.handshakes += prefix.handshakes;
  running.dns_requests += prefix.dns_requests;
  running.dns_answers += prefix.dns_answers;
}

std::vector<Unusual> Baseline::on_window(const NetworkWindow& window, const Settings& settings,
                                         const HasIncident& has_incident) {
  std::vector<Unusual> found;
  if (!second_start_) second_start_ = window.start;
  const Nanoseconds gap = window.start - *second_start_;
  if (gap >= whole_seconds(2)) {  // a gap without windows
    running_.clear();
    second_start_ = window.start;
  }
  for (const PrefixWindow& prefix : window.prefixes) add(prefix);
  const double seconds = (window.end - *second_start_).seconds();
  if (seconds < 0.999) return found;
  for (auto& [number, running] : running_) {
    const ProtectedPrefix& known = registry_.prefixes()[number];
    const auto profile = settings.profiles.find(known.profile);
    if (!known.active || profile == settings.profiles.end()) continue;
    if (!profile->second.baseline.enabled) continue;
    close_second(known.prefix, running, number, profile->second, seconds, window.end,
                 has_incident(known.prefix), found);
  }
  second_start_ = window.end;
  return found;
}

void Baseline::close_second(const IpPrefix& address, Running& running, std::uint32_t prefix,
                            const Profile& profile, double seconds, Nanoseconds now, bool frozen,
                            std::vector<Unusual>& found) {
  const auto learnt = learnt_.find(address);
  if (learnt == learnt_.end() && learnt_.size() >= kMostPrefixes) return;
  PrefixBaseline& rates = learnt == learnt_.end() ? learnt_[address] : learnt->second;
  running.suspect = false;
  running.looked.clear();
  for (std::size_t c = 0; c < kRows.size(); ++c) {
    UsualRate& usual = rates[c];
    const double rate = static_cast<double>(running.packets[c]) / seconds;
    const std::optional<double>& most = profile.thresholds.*kRows[c].limit;
    const double floor = most ? *most * kFloor : kFloorWithoutLimit;
    const bool known = static_cast<double>(usual.seconds()) >= profile.baseline.learning.seconds();
    const double limit = std::max(floor, usual.limit(now + shift_, profile.baseline.sensitivity));
    const bool lasting = running.unusual_seconds[c] >= kSeconds;
    const double bound = lasting ? usual.level() + kLasts * (limit - usual.level()) : limit;
    const bool crowd = (kRows[c].traffic_class == tcp_syn &&
                        static_cast<double>(running.handshakes) >= kCrowdServed * rate * seconds) ||
                       (kRows[c].traffic_class == dns && running.dns_requests > 0 &&
                        static_cast<double>(running.dns_answers) >=
                            kCrowdServed * static_cast<double>(running.dns_requests));
    const bool few = (rate - usual.level()) * seconds < kLeastPackets;
    const bool unusual = known && rate > bound && !crowd && !few;
    if (rate > 0) {
      const char* const excuse = crowd ? "a crowd that is served" : few ? "few packets" : "unusual";
      running.looked.push_back({kRows[c].traffic_class, rate, usual.level(), limit, usual.seconds(),
                                !known         ? "learning"
                                : rate > bound ? excuse
                                               : "usual"});
    }
    if (unusual) {
      if (running.unusual_seconds[c]++ == 0) {
        running.since[c] = now - Nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
      }
      running.suspect = true;
      if (running.unusual_seconds[c] >= kToStay) usual.learn(rate, now, shift_);
      if (running.unusual_seconds[c] >= kSeconds) {
        found.push_back({prefix, c, running.since[c], now, rate, usual.level(), limit});
      }
      continue;
    }
    running.unusual_seconds[c] = 0;
    if (!frozen) usual.learn(rate, now, shift_);
  }
  running.packets = {};
  running.handshakes = running.dns_requests = running.dns_answers = 0;
}

}  // namespace floodgauge
