#include "detectors/effects.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "detectors/prefix_state.h"

namespace floodgauge {
namespace {

/// Seconds over which usual rates are averaged.
constexpr double kMemory = 60;
/// Seconds that have to be learnt before anything is called unusual.
constexpr std::uint32_t kLeastKnown = 10;
/// Seconds in a row that have to be bad before a symptom is returned.
constexpr std::uint32_t kBadSeconds = 2;
/// A service is watched when it usually sends this many answers a second.
constexpr double kLeastAnswers = 10;
/// A service is impaired when its answers are below this share of the usual answers
constexpr double kFewAnswers = 0.5;
/// and below this share of the requests,
constexpr double kAnswersPerRequest = 0.7;
/// while the requests are at least this share of the usual requests;
constexpr double kStillAsked = 0.7;
/// until the answers are this share of the usual answers again.
constexpr double kRecovered = 0.6;
/// More requests than this multiple of the usual, most of them not answered, are not learnt.
constexpr double kUsualDemand = 1.5;
/// A direction of a prefix is dark when its packets are below this share of the usual packets
constexpr double kDarkPackets = 0.02;
/// and its hosts are below this share of the usual hosts;
constexpr double kDarkHosts = 0.2;
/// until both are this share of the usual again.
constexpr double kLight = 0.3;
/// A direction is watched when it usually has this many hosts in a window and this many packets/s.
constexpr double kLeastHosts = 3;
constexpr double kLeastPackets = 20;
/// The effect of a flood is measured for services with this many answers a second, smoothed over
/// kSmooth seconds, so that the random variation of a few clients is not taken for an effect.
constexpr double kLeastForEffect = 20;
constexpr double kSmooth = 3;
/// Bits of a frame on the wire that are not counted: preamble, gap and check sequence (IEEE 802.3).
constexpr double kFrameOverheadBits = 24 * 8;
/// Seconds of a gap without windows that are judged one by one. The rest of a longer gap is
/// skipped.
constexpr std::int64_t kMostSilentSeconds = 30;

double memory_of(std::uint32_t known) {
  return std::min(static_cast<double>(known) + 1, kMemory);
}

}  // namespace

void Effects::add(const NetworkWindow& window) {
  for (const PrefixWindow& prefix : window.prefixes) {
    link_bits_[0] += static_cast<double>(prefix.total_in.bytes) * 8;
    link_bits_[1] += static_cast<double>(prefix.total_out.bytes) * 8;
    link_packets_[0] += static_cast<double>(prefix.total_in.packets);
    link_packets_[1] += static_cast<double>(prefix.total_out.packets);
    PrefixWatch* const watched = state_of(watches_, prefix.prefix, registry_, kMostPrefixes);
    if (watched == nullptr) continue;
    PrefixWatch& watch = *watched;
    watch.in.packets.sum += static_cast<double>(prefix.total_in.packets);
    watch.out.packets.sum += static_cast<double>(prefix.total_out.packets);
    watch.in.hosts.sum += prefix.hosts_in;
    watch.out.hosts.sum += prefix.hosts_out;
    for (std::size_t s = 0; s < kServices; ++s) {
      watch.services[s].requests.sum += prefix.services[s].requests;
      watch.services[s].answers.sum += prefix.services[s].answers;
    }
  }
  for (const ResponseSample& sample : window.responses) {
    const auto at = watches_.find(sample.prefix);
    if (at == watches_.end()) continue;
    ServiceWatch& service = at->second.services[static_cast<std::size_t>(sample.service)];
    service.response_sum += double{sample.seconds};
    ++service.responses;
  }
}

std::vector<Symptom> Effects::on_window(const NetworkWindow& window, const Settings& settings) {
  std::vector<Symptom> found;
  if (!second_start_) second_start_ = window.start;
  // In a capture, there are no windows for times without packets.
  std::int64_t silent = 0;
  while (window.start - *second_start_ >= whole_seconds(1)) {
    const Nanoseconds end = *second_start_ + whole_seconds(1);
    close_second({*second_start_, end, 1, &found}, settings);
    second_start_ = ++silent < kMostSilentSeconds ? end : window.start;
  }
  add(window);
  const double seconds = (window.end - *second_start_).seconds();
  if (seconds < 0.999) return found;
  close_second({*second_start_, window.end, seconds, &found}, settings);
  second_start_ = window.end;
  return found;
}

void Effects::close_second(const Second& second, const Settings& settings) {
  close_link(second, settings.link);
  for (auto& [prefix, watch] : watches_) {
    if (registry_.everything() || !registry_.prefixes()[prefix].active) continue;
    for (std::size_t s = 0; s < kServices; ++s) {
      close_service(watch.services[s], s, prefix, second);
    }
    close_direction(watch.in, "inbound_packets_per_second", prefix, second);
    close_direction(watch.out, "outbound_packets_per_second", prefix, second);
  }
}

void Effects::note_effect(ServiceWatch& watch, std::optional<double> response) {
  const double asked = watch.requests.usual;
  if (asked <= 0 || watch.recent_requests < kStillAsked * asked) return;
  const double before = std::min(1.0, watch.answers.usual / asked);
  const double now = before * std::min(1.0, watch.recent_answers / watch.answers.usual);
  if (!watch.effect) watch.effect = Effect{before, now, std::nullopt, std::nullopt};
  watch.effect->answer_ratio_worst = std::min(*watch.effect->answer_ratio_worst, now);
  if (watch.usual_response <= 0) return;
  if (!watch.effect->response_seconds_before) {
    watch.effect->response_seconds_before = watch.usual_response;
  }
  watch.effect->response_seconds_worst = std::max(
      watch.effect->response_seconds_worst.value_or(watch.usual_response), response.value_or(0));
}

void Effects::close_service(ServiceWatch& watch, std::size_t service, std::uint32_t prefix,
                            const Second& second) {
  const double requests = watch.requests.close(second.seconds);
  const double answers = watch.answers.close(second.seconds);
  const std::optional<double> response =
      watch.responses == 0 ? std::nullopt : std::optional(watch.response_sum / watch.responses);
  watch.response_sum = 0;
  watch.responses = 0;
  const double usual = watch.answers.usual;
  const bool watched = watch.known >= kLeastKnown && usual >= kLeastAnswers;
  const bool few = watch.bad == 0
                       ? answers < kFewAnswers * usual && answers < kAnswersPerRequest * requests &&
                             requests >= kStillAsked * watch.requests.usual
                       : answers < kRecovered * usual;
  const double smoothing = watch.known == 0 ? 1 : 1 / kSmooth;
  watch.recent_answers += (answers - watch.recent_answers) * smoothing;
  watch.recent_requests += (requests - watch.recent_requests) * smoothing;
  if (watched && usual >= kLeastForEffect) note_effect(watch, response);
  if (!watched || !few) {
    watch.bad = 0;
    // Many more requests than usual, most of them not answered, are not usual demand.
    if (watched && requests > kUsualDemand * watch.requests.usual &&
        answers < kAnswersPerRequest * requests) {
      return;
    }
    const double memory = memory_of(watch.known);
    watch.requests.learn(requests, memory);
    watch.answers.learn(answers, memory);
    if (response) {
      watch.usual_response += (*response - watch.usual_response) / memory_of(watch.known);
    }
    ++watch.known;
    return;
  }
  if (watch.bad++ == 0) watch.since = second.begin;
  if (watch.bad < kBadSeconds) return;
  second.found->push_back({IncidentKind::impact,
                           prefix,
                           watch.since,
                           second.end,
                           {std::string(kServiceNames[service]) + "_answers_per_second", answers,
                            kFewAnswers * usual, 1},
                           watch.effect,
                           requests,
                           0});
}

void Effects::close_direction(DirectionWatch& watch, const char* measure, std::uint32_t prefix,
                              const Second& second) {
  const double packets = watch.packets.close(second.seconds);
  const double hosts = watch.hosts.close(second.seconds);
  // Each host is counted once in each window, and a second has ten windows or more.
  const bool watched = watch.known >= kLeastKnown && watch.packets.usual >= kLeastPackets &&
                       watch.hosts.usual >= kLeastHosts * 10;
  const bool dark =
      watch.bad == 0
          ? packets < kDarkPackets * watch.packets.usual && hosts < kDarkHosts * watch.hosts.usual
          : packets < kLight * watch.packets.usual && hosts < kLight * watch.hosts.usual;
  if (!watched || !dark) {
    const double memory = memory_of(watch.known);
    watch.packets.learn(packets, memory);
    watch.hosts.learn(hosts, memory);
    ++watch.known;
    watch.bad = 0;
    return;
  }
  if (watch.bad++ == 0) watch.since = second.begin;
  if (watch.bad < kBadSeconds) return;
  second.found->push_back({IncidentKind::blackout,
                           prefix,
                           watch.since,
                           second.end,
                           {measure, packets, kDarkPackets * watch.packets.usual, 1},
                           std::nullopt,
                           packets,
                           0});
}

void Effects::close_link(const Second& second, const LinkSettings& link) {
  static constexpr const char* kMeasures[] = {"link_inbound_bits_per_second",
                                              "link_outbound_bits_per_second"};
  for (std::size_t d = 0; d < 2; ++d) {
    const double packets = std::exchange(link_packets_[d], 0) / second.seconds;
    const double bits =
        std::exchange(link_bits_[d], 0) / second.seconds + packets * kFrameOverheadBits;
    if (!link.capacity || bits < *link.capacity * link.saturation) {
      link_full_[d] = 0;
      continue;
    }
    if (link_full_[d]++ == 0) link_since_[d] = second.begin;
    if (link_full_[d] < kBadSeconds) continue;
    second.found->push_back({IncidentKind::saturation,
                             Symptom::kLink,
                             link_since_[d],
                             second.end,
                             {kMeasures[d], bits, *link.capacity * link.saturation, 1},
                             std::nullopt,
                             packets,
                             bits});
  }
}

std::optional<Effect> Effects::effect_on(std::uint32_t prefix) const {
  const auto at = watches_.find(prefix);
  if (at == watches_.end()) return std::nullopt;
  const std::optional<Effect>* worst = nullptr;
  const auto lost = [](const Effect& effect) {
    return *effect.answer_ratio_before - *effect.answer_ratio_worst;
  };
  for (const ServiceWatch& watch : at->second.services) {
    if (watch.effect && (worst == nullptr || lost(*watch.effect) > lost(**worst))) {
      worst = &watch.effect;
    }
  }
  return worst == nullptr ? std::nullopt : *worst;
}

void Effects::begin_effect(std::uint32_t prefix) {
  const auto at = watches_.find(prefix);
  if (at == watches_.end()) return;
  for (ServiceWatch& watch : at->second.services) watch.effect.reset();
}

}  // namespace floodgauge
