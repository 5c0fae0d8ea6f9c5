#include <algorithm>
#include <array>

#include "detectors/detector.h"

namespace floodgauge {
namespace {

constexpr std::array<Detector, 7> kDetectors = {{
    {"limits", check_limits, nullptr},
    {"syn", check_syn, check_syn_period},
    {"reflection", nullptr, check_reflection_period},
    {"one_sided", nullptr, check_one_sided_period},
    {"connections", check_connections, nullptr},
    {"requests", check_requests, nullptr},
    {"spoofed_sources", nullptr, nullptr, check_spoofed_sources},
}};

/// A rate needs at least as many packets as the limit allows in this time, or in this part of a
/// window that is shorter than 100 ms,
constexpr double kLeastSeconds = 0.02;
constexpr double kLeastPart = 0.2;
/// and at least this many packets, or in a shorter window this many a second, but not fewer than
/// kFewPackets: the random variation of few packets is large.
constexpr double kLeastPackets = 50;
constexpr double kLeastPerSecond = 500;
constexpr double kFewPackets = 20;

double least_packets(const TargetView& view) {
  return std::clamp(kLeastPerSecond * view.window, kFewPackets, kLeastPackets);
}

/// A few hundred packets within a moment are a burst: the clients of a server come back together
/// after an outage, a game begins. Recorded floods of 25 ms hold thousands of packets. It is a
/// flood when so many packets, or as many as the limit allows in so many seconds, came lately.
constexpr double kBurstPackets = 700;
constexpr double kBurstSeconds = 0.14;
constexpr Nanoseconds kLately = milliseconds(100);

/// What a crowd of clients sends. Its packets are no attack by themselves.
constexpr bool is_of_crowds(Vector vector) {
  switch (vector) {
    case Vector::tcp_syn:
    case Vector::tcp_connection:
    case Vector::udp:
    case Vector::http_request:
    case Vector::tls_hello:
    case Vector::quic_initial:
    case Vector::other:  // all packets together, new flows
      return true;
    default:
      return false;
  }
}

bool is_burst(const TargetView& view, Vector vector, double count, double limit) {
  if (view.tracker == nullptr || view.scale < 1 || !is_of_crowds(vector)) return false;
  return count + view.attack_before(kLately) < std::min(kBurstPackets, limit * kBurstSeconds);
}

}  // namespace

double TargetView::attack_before(Nanoseconds before) const {
  double packets = 0;
  if (tracker == nullptr) return packets;
  for (const WindowPoint& point : tracker->since(start - before)) {
    if (point.start < start) packets += static_cast<double>(point.attack.packets);
  }
  return packets;
}

double TargetView::seconds_above(double limit, Nanoseconds before) const {
  double above = 0;
  if (tracker == nullptr) return above;
  for (const WindowPoint& point : tracker->since(start - before)) {
    const bool high = static_cast<double>(point.attack.packets) > limit * point.seconds;
    if (point.start < start && high) above += point.seconds;
  }
  return above;
}

double TargetView::usual_flows() const {
  return active_within(kUsualWindow, static_cast<double>(counts.in_total.packets),
                       static_cast<double>(counts.flows_active), seconds);
}

std::span<const Detector> detector_table() {
  return kDetectors;
}

double TargetView::unasked_answers() const {
  const std::uint64_t answers = counts.of(TrafficClass::reflection).packets;
  const std::uint64_t asked = early ? counts.questions() : 0;
  return static_cast<double>(answers - std::min(answers, asked));
}

bool TargetView::at_least(std::string_view measure, Vector vector, double value,
                          double limit) const {
  const bool met = value >= limit;
  if (trace != nullptr) {
    trace->add({.measure = measure,
                .vector = vector,
                .value = value,
                .limit = limit,
                .needs = Measured::Needs::at_least,
                .met = met,
                .why = {}});
  }
  return met;
}

bool TargetView::at_most(std::string_view measure, Vector vector, double value,
                         double limit) const {
  const bool met = value <= limit;
  if (trace != nullptr) {
    trace->add({.measure = measure,
                .vector = vector,
                .value = value,
                .limit = limit,
                .needs = Measured::Needs::at_most,
                .met = met,
                .why = {}});
  }
  return met;
}

double Look::nearest() const {
  double nearest = 0;
  for (const Measured& row : rows) {
    if (row.key != nullptr) nearest = std::max(nearest, row.near());
  }
  return nearest;
}

namespace {

constexpr std::string_view kTooFew = "too few packets for a rate";
constexpr std::string_view kBurst = "a burst, until as much follows";

void note_limit(const TargetView& view, std::string_view measure, Vector vector, LimitMember key,
                double rate, bool met, std::string_view why) {
  if (view.trace == nullptr) return;
  view.trace->add({.measure = measure,
                   .vector = vector,
                   .key = key,
                   .value = rate,
                   .limit = *(view.limits->*key),
                   .needs = Measured::Needs::above,
                   .met = met,
                   .why = why});
}

}  // namespace

bool check_rate(const TargetView& view, std::string_view measure, Vector vector, double count,
                LimitMember key, Findings& findings) {
  if (!(view.limits->*key)) return false;
  const double limit = *(view.limits->*key);
  const double rate = count / view.seconds;
  const double least_seconds = std::min(kLeastSeconds, kLeastPart * view.window);
  const double least = std::max(least_packets(view), limit * least_seconds) * view.scale;
  const bool above = rate > limit * view.scale;
  std::string_view why;
  if (above && count < least) why = kTooFew;
  if (above && why.empty() && is_burst(view, vector, count, limit)) why = kBurst;
  const bool found = above && why.empty();
  note_limit(view, measure, vector, key, rate, found, why);
  if (!found) return false;
  findings.push_back({vector, std::string(measure) + "_per_second", rate, limit, view.seconds});
  return true;
}

bool check_bits(const TargetView& view, std::string_view measure, const Volume& volume,
                LimitMember key, Findings& findings) {
  if (!(view.limits->*key)) return false;
  const double limit = *(view.limits->*key);
  const double rate = static_cast<double>(volume.bytes) * 8 / view.seconds;
  const bool above = rate > limit * view.scale;
  const bool enough = static_cast<double>(volume.packets) >= 4 * least_packets(view) * view.scale;
  note_limit(view, measure, Vector::other, key, rate, above && enough,
             above && !enough ? kTooFew : std::string_view());
  if (!above || !enough) return false;
  findings.push_back(
      {Vector::other, std::string(measure) + "_per_second", rate, limit, view.seconds});
  return true;
}

}  // namespace floodgauge
