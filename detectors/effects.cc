#include "detectors/effects.h"

#include <algorithm>
#include <string>

#include "detectors/prefix_state.h"

namespace floodgauge {
namespace {

/// Seconds over which usual rates are averaged.
constexpr double kMemory = 60;
/// Seconds that have to be learnt before anything is called unusual.
constexpr std::uint32_t kLeastKnown = 5;
/// Seconds in a row that have to be bad before a symptom is returned.
constexpr std::uint32_t kBadSeconds = 2;
/// A direction of a prefix is dark when its packets are below this share of the usual packets
constexpr double kDarkPackets = 0.02;
/// and its hosts are below this share of the usual hosts;
constexpr double kDarkHosts = 0.2;
/// until both are this share of the usual again.
constexpr double kLight = 0.3;
/// A direction is watched when it usually has this many hosts in a window and this many packets/s,
constexpr double kLeastHosts = 3;
constexpr double kLeastPackets = 20;
/// or when it usually has packets of this many sources in a window,
constexpr double kLeastSources = 5;
/// or when, outbound, at least this many hosts have sent in the last 10 to 20 seconds: servers of
/// which each answers seldom.
constexpr int kLeastSenders = 3;
constexpr std::uint32_t kSendersFor = 10;  ///< seconds
/// With fewer packets of others, the link is what its protected prefixes are.
constexpr double kLeastUnprotected = 20;
/// Bits of a frame on the wire that are not counted: preamble, gap and check sequence (IEEE 802.3).
constexpr double kFrameOverheadBits = 24 * 8;
/// Seconds of a gap without windows that are judged one by one. The rest of a longer gap is
/// skipped.
constexpr std::int64_t kMostSilentSeconds = 30;
constexpr std::array<const char*, 2> kMeasures = {"inbound_packets_per_second",
                                                  "outbound_packets_per_second"};

double memory_of(std::uint32_t known) {
  return std::min(static_cast<double>(known) + 1, kMemory);
}

}  // namespace

void Effects::add_direction(DirectionWatch& watch, const Volume& volume, double hosts,
                            double sources, const NetworkWindow& window) {
  const auto packets = static_cast<double>(volume.packets);
  watch.packets.sum += packets;
  watch.hosts.sum += hosts;
  watch.sources.sum += sources;
  const double length = std::max((window.end - window.start).seconds(), 0.01);
  const double usual = watch.packets.usual * length;
  if (packets > kDarkPackets * usual && packets > 0) watch.lit = window.end;
  if (watch.bad == 0) return;
  if (packets <= kLight * usual || packets == 0) {
    watch.back.reset();
  } else if (!watch.back) {
    watch.back = window.start;
  }
}

void Effects::add(const NetworkWindow& window) {
  unprotected_.sum += static_cast<double>(window.unprotected);
  for (const PrefixWindow& prefix : window.prefixes) {
    link_bits_[0] += static_cast<double>(prefix.total_in.bytes) * 8;
    link_bits_[1] += static_cast<double>(prefix.total_out.bytes) * 8;
    link_packets_[0] += static_cast<double>(prefix.total_in.packets);
    link_packets_[1] += static_cast<double>(prefix.total_out.packets);
    for (const TrafficClass ordinary : {TrafficClass::tcp, TrafficClass::udp_answered}) {
      const auto c = static_cast<std::size_t>(ordinary);
      link_ordinary_[0].sum += static_cast<double>(prefix.in[c].packets);
      link_ordinary_[1].sum += static_cast<double>(prefix.out[c].packets);
    }
    PrefixWatch* const watched = state_of(watches_, prefix.prefix, registry_, kMostPrefixes);
    if (watched == nullptr) continue;
    const double sources = std::max(0.0, prefix.sources.estimate());
    add_direction(watched->directions[0], prefix.total_in, prefix.hosts_in, sources, window);
    add_direction(watched->directions[1], prefix.total_out, prefix.hosts_out, 0, window);
    watched->directions[1].senders[0] |= prefix.senders;
  }
}

std::vector<Symptom> Effects::on_window(const NetworkWindow& window, const Settings& settings) {
  std::vector<Symptom> found;
  if (!second_start_) second_start_ = window.start;
  if (window.gap_since) {
    // Nothing was captured meanwhile: that is no silence.
    const double seconds = (*window.gap_since - *second_start_).seconds();
    if (seconds >= 0.1)
      close_second({*second_start_, *window.gap_since, seconds, &found}, settings);
    second_start_ = window.start;
  }
  // In a capture, there are no windows for times without packets.
  std::int64_t silent = 0;
  while (window.start - *second_start_ >= whole_seconds(1)) {
    // The last of them lasts until the packets come back.
    const bool last = ++silent == kMostSilentSeconds;
    const Nanoseconds end = last ? window.start : *second_start_ + whole_seconds(1);
    close_second({*second_start_, end, 1, &found}, settings);
    second_start_ = end;
  }
  add(window);
  const double seconds = (window.end - *second_start_).seconds();
  if (seconds < 0.999) return found;
  close_second({*second_start_, window.end, seconds, &found}, settings);
  second_start_ = window.end;
  return found;
}

void Effects::close_second(const Second& second, const Settings& settings) {
  close_saturation(second, settings.link);
  std::vector<std::array<Closed, 2>> all;
  for (auto& [prefix, watch] : watches_) {
    if (registry_.everything() || !registry_.prefixes()[prefix].active) continue;
    const bool flooded = flooded_.contains(prefix);
    const std::array<Closed, 2> closed = {close_direction(watch.directions[0], second, flooded),
                                          close_direction(watch.directions[1], second, flooded)};
    tell(closed, prefix, second);
    all.push_back(closed);
  }
  close_dark_link(all, second);
}

/// Ends a second that was not dark.
void Effects::DirectionWatch::close_senders() {
  if (++senders_for < kSendersFor) return;
  senders = {0, senders[0]};
  senders_for = 0;
}

Effects::Closed Effects::close_direction(DirectionWatch& watch, const Second& second,
                                         bool flooded) {
  const double packets = watch.packets.close(second.seconds);
  const double hosts = watch.hosts.close(second.seconds);
  const double sources = watch.sources.close(second.seconds);
  // Each host is counted once in each window, and a second has ten windows or more.
  const bool by_hosts = watch.hosts.usual >= kLeastHosts * 10;
  const bool by_sources = watch.sources.usual >= kLeastSources * 10;
  Closed closed;
  closed.packets = packets;
  closed.limit = kDarkPackets * watch.packets.usual;
  closed.watched = watch.known >= kLeastKnown && watch.packets.usual >= kLeastPackets &&
                   (by_hosts || by_sources || watch.distinct_senders() >= kLeastSenders);
  closed.quiet = !closed.watched && watch.known >= kLeastKnown &&
                 watch.packets.usual >= kLeastPackets && packets < closed.limit;
  const double few = watch.bad == 0 ? kDarkHosts : kLight;
  const bool dark =
      packets < (watch.bad == 0 ? kDarkPackets : kLight) * watch.packets.usual &&
      (hosts < few * watch.hosts.usual || (by_sources && sources < few * watch.sources.usual));
  if (!closed.watched || !dark) {
    closed.over = std::exchange(watch.told, false);
    closed.since = watch.since;
    closed.end = std::max(watch.since, watch.back.value_or(second.begin));
    // The second in which traffic comes back is not as usual.
    if (watch.bad == 0 && !flooded) {
      const double memory = memory_of(watch.known);
      watch.packets.learn(packets, memory);
      watch.hosts.learn(hosts, memory);
      watch.sources.learn(sources, memory);
      ++watch.known;
    }
    if (watch.bad == 0) watch.close_senders();
    watch.bad = 0;
    watch.back.reset();
    return closed;
  }
  if (watch.bad++ == 0) watch.since = std::min(second.begin, watch.lit.value_or(second.begin));
  closed.since = watch.since;
  closed.dark = watch.bad >= kBadSeconds;
  watch.told = watch.told || closed.dark;
  return closed;
}

/// One blackout a prefix: of one direction, or of both.
void Effects::tell(const std::array<Closed, 2>& closed, std::uint32_t prefix,
                   const Second& second) {
  const auto& [in, out] = closed;
  Symptom symptom;
  symptom.prefix = prefix;
  if (in.dark || out.dark) {
    const bool both = (in.dark || in.quiet) && (out.dark || out.quiet);
    symptom.dark = both ? Dark::both : in.dark ? Dark::in : Dark::out;
    symptom.since = !out.dark ? in.since : !in.dark ? out.since : std::min(in.since, out.since);
    symptom.now = second.end;
    for (std::size_t d = 0; d < 2; ++d) {
      if (!closed[d].dark) continue;
      symptom.evidence.push_back({kMeasures[d], closed[d].packets, closed[d].limit, 1});
      symptom.pps = std::max(symptom.pps, closed[d].packets);
    }
  } else if (in.over || out.over) {
    symptom.over = true;
    symptom.now = !out.over ? in.end : !in.over ? out.end : std::max(in.end, out.end);
    symptom.dark = in.over && out.over ? Dark::both : in.over ? Dark::in : Dark::out;
  } else {
    return;
  }
  second.found->push_back(std::move(symptom));
}

/// The link is dark when all its prefixes are, two at least, and nobody else has traffic.
void Effects::close_dark_link(const std::vector<std::array<Closed, 2>>& prefixes,
                              const Second& second) {
  const double others = unprotected_.close(second.seconds);
  const bool others_gone =
      unprotected_.usual < kLeastUnprotected || others < kDarkPackets * unprotected_.usual;
  std::array<Closed, 2> link;
  for (std::size_t d = 0; d < 2; ++d) {
    std::size_t watched = 0;
    std::size_t dark = 0;
    for (const auto& prefix : prefixes) {
      const Closed& closed = prefix[d];
      watched += closed.watched;
      dark += closed.watched && closed.dark;
      link[d].packets += closed.packets;
      link[d].limit += closed.limit;
      if (closed.dark) link[d].since = std::max(link[d].since, closed.since);
      if (closed.over) link[d].end = std::max(link[d].end, closed.end);
    }
    link[d].dark = watched >= 2 && dark == watched && others_gone;
    link[d].over = link_dark_[d] && !link[d].dark;
    if (link[d].over && link[d].end.count == 0) link[d].end = second.begin;
    link_dark_[d] = link[d].dark;
  }
  if (!link[0].dark && !link[1].dark) unprotected_.learn(others, kMemory);
  tell(link, Symptom::kLink, second);
}

void Effects::close_saturation(const Second& second, const LinkSettings& link) {
  static constexpr const char* kLinkMeasures[] = {"link_inbound_bits_per_second",
                                                  "link_outbound_bits_per_second"};
  const double memory = memory_of(link_known_++);
  for (std::size_t d = 0; d < 2; ++d) {
    const double packets = std::exchange(link_packets_[d], 0) / second.seconds;
    const double ordinary = link_ordinary_[d].close(second.seconds);
    const double bits =
        std::exchange(link_bits_[d], 0) / second.seconds + packets * kFrameOverheadBits;
    if (!link.capacity || bits < *link.capacity * link.saturation) {
      link_full_[d] = 0;
      link_ordinary_[d].learn(ordinary, memory);
      continue;
    }
    if (link_full_[d]++ == 0) link_since_[d] = second.begin;
    if (link_full_[d] < kBadSeconds) continue;
    Symptom symptom;
    symptom.kind = IncidentKind::saturation;
    symptom.prefix = Symptom::kLink;
    symptom.since = link_since_[d];
    symptom.now = second.end;
    symptom.evidence.push_back({kLinkMeasures[d], bits, *link.capacity * link.saturation, 1});
    symptom.pps = packets;
    symptom.bps = bits;
    if (const double usual = link_ordinary_[d].usual; usual >= kLeastPackets) {
      symptom.lost_share = std::max(0.0, 1 - ordinary / usual);
    }
    second.found->push_back(std::move(symptom));
  }
}

}  // namespace floodgauge
