#include "engine/merge/minute_collector.h"

#include <algorithm>

namespace floodgauge {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

/// The index of a limit in kThresholdTable.
constexpr std::size_t limit_named(std::string_view key) {
  for (std::size_t i = 0; i < kLimits; ++i) {
    if (kThresholdTable[i].key == key) return i;
  }
  return kLimits;
}
constexpr std::size_t kPackets = limit_named("packets");
constexpr std::size_t kBits = limit_named("bits");
constexpr std::size_t kNewFlows = limit_named("new_flows");
constexpr std::size_t kConnections = limit_named("connections");

/// The limit that packets of a class count for besides `packets` and `bits`; kLimits: none.
constexpr std::array<std::size_t, kClasses> kLimitOfClass = [] {
  std::array<std::size_t, kClasses> limits;
  limits.fill(kLimits);
  const auto set = [&](TrafficClass traffic_class, std::string_view key) {
    limits[static_cast<std::size_t>(traffic_class)] = limit_named(key);
  };
  set(TrafficClass::tcp_syn, "syn");
  set(TrafficClass::tcp_synack, "synack");
  set(TrafficClass::tcp_ack, "ack");
  set(TrafficClass::tcp_rst, "rst");
  set(TrafficClass::tcp_fin, "fin");
  set(TrafficClass::tcp_flags, "flags");
  set(TrafficClass::udp, "udp");
  set(TrafficClass::reflection, "reflection");
  set(TrafficClass::fragment, "fragment");
  set(TrafficClass::icmp, "icmp");
  set(TrafficClass::icmpv6, "icmp");
  set(TrafficClass::gre, "gre");
  set(TrafficClass::esp, "esp");
  set(TrafficClass::dns, "dns_query");
  set(TrafficClass::http, "http_request");
  set(TrafficClass::tls, "tls_hello");
  set(TrafficClass::quic, "quic_initial");
  set(TrafficClass::other, "other");
  return limits;
}();

/// Of each vector: its own limit, and whether it counts for `packets` and `bits`.
struct VectorLimits {
  std::array<std::uint8_t, kVectors> limit{};
  std::array<bool, kVectors> one_sided{};
};
const VectorLimits& vector_limits() {
  static const VectorLimits limits = [] {
    VectorLimits made;
    for (const VectorInfo& row : vector_table()) {
      const auto vector = static_cast<std::size_t>(row.vector);
      const std::size_t own = kLimitOfClass[static_cast<std::size_t>(row.traffic_class)];
      made.limit[vector] = static_cast<std::uint8_t>(row.attack ? own : kLimits);
      made.one_sided[vector] = row.attack;
    }
    return made;
  }();
  return limits;
}

bool is_ordinary(std::size_t traffic_class) {
  return traffic_class == static_cast<std::size_t>(TrafficClass::tcp) ||
         traffic_class == static_cast<std::size_t>(TrafficClass::udp_answered);
}

}  // namespace

void MinuteCollector::add(const NetworkWindow& window, const PrefixRegistry& registry) {
  const std::int64_t minute = window.start.count / kMinute;
  if (minute != minute_) finish();
  minute_ = minute;
  covered_ = covered_ + (window.end - window.start);
  const double seconds = window.seconds();
  network_window_ = {};
  for (const PrefixWindow& prefix : window.prefixes) add_prefix(prefix, seconds, registry);
  for (std::size_t i = 0; i < kLimits; ++i) {
    network_peaks_[i] = std::max(network_peaks_[i], network_window_[i]);
  }
  const auto per_second = static_cast<float>(1 / seconds);
  for (const HostRecord& host : window.hosts()) add_host(host, per_second);
}

void MinuteCollector::add_prefix(const PrefixWindow& prefix, double seconds,
                                 const PrefixRegistry& registry) {
  if (entries_.size() <= prefix.prefix) entries_.resize(registry.capacity());
  std::unique_ptr<Entry>& entry = entries_[prefix.prefix];
  const ProtectedPrefix& known = registry.prefixes()[prefix.prefix];
  // A reload may give the number to another prefix.
  if (entry == nullptr || entry->minute.prefix != known.prefix) {
    entry = std::make_unique<Entry>();
    entry->minute.prefix = known.prefix;
    entry->minute.name = known.name;
  }
  std::array<double, kLimits + 1> counts{};  // the last one takes what has no limit
  for (std::size_t c = 0; c < kClasses; ++c) {
    entry->minute.in[c] += prefix.in[c];
    entry->minute.out[c] += prefix.out[c];
    counts[kLimitOfClass[c]] += static_cast<double>(prefix.in[c].packets);
    if (is_ordinary(c)) continue;
    counts[kPackets] += static_cast<double>(prefix.in[c].packets);
    counts[kBits] += static_cast<double>(prefix.in[c].bytes) * 8;
  }
  counts[kNewFlows] = static_cast<double>(prefix.new_flows);
  counts[kConnections] = static_cast<double>(prefix.handshakes);
  for (std::size_t i = 0; i < kLimits; ++i) {
    const double rate = counts[i] / seconds;
    double& peak = entry->minute.peaks[i].prefix_rate;
    peak = std::max(peak, rate);
    network_window_[i] += rate;
  }
}

void MinuteCollector::add_host(const HostRecord& host, float per_second) {
  if (host.prefix >= entries_.size() || entries_[host.prefix] == nullptr) return;
  Entry& entry = *entries_[host.prefix];
  const VectorLimits& limits = vector_limits();
  std::array<float, kLimits + 1> rates{};  // the last one takes what has no limit
  host.for_each_cell([&](const Cell& cell) {
    if (cell.outbound) return;
    const auto vector = static_cast<std::size_t>(cell.vector);
    rates[limits.limit[vector]] += static_cast<float>(cell.packets);
    if (!limits.one_sided[vector]) return;
    rates[kPackets] += static_cast<float>(cell.packets);
    rates[kBits] += static_cast<float>(cell.bytes) * 8;
  });
  rates[kNewFlows] = static_cast<float>(host.events().new_flows);
  rates[kConnections] = static_cast<float>(host.events().handshakes);
  bool any = false;
  for (std::size_t i = 0; i < kLimits; ++i) {
    rates[i] *= per_second;
    any |= rates[i] > entry.host_rates[i];
  }
  if (!any) return;
  for (std::size_t i = 0; i < kLimits; ++i) {
    if (rates[i] <= entry.host_rates[i]) continue;
    entry.host_rates[i] = rates[i];
    entry.minute.peaks[i].host_rate = static_cast<double>(rates[i]);
    entry.minute.peaks[i].host = host.address;
  }
}

void MinuteCollector::finish() {
  if (covered_.count == 0) return;
  MinuteRates rates;
  rates.start = {minute_ * kMinute};
  rates.covered = covered_;
  for (std::size_t i = 0; i < kLimits; ++i) rates.all.peaks[i].prefix_rate = network_peaks_[i];
  std::vector<std::unique_ptr<Entry>> active;
  for (std::unique_ptr<Entry>& entry : entries_) {
    if (entry == nullptr) continue;
    for (std::size_t c = 0; c < kClasses; ++c) {
      rates.all.in[c] += entry->minute.in[c];
      rates.all.out[c] += entry->minute.out[c];
    }
    active.push_back(std::move(entry));
  }
  std::sort(active.begin(), active.end(), [](const auto& a, const auto& b) {
    const std::uint64_t more = a->minute.packets();
    const std::uint64_t less = b->minute.packets();
    return more != less ? more > less : a->minute.prefix < b->minute.prefix;
  });
  if (active.size() > most_) active.resize(most_);
  for (std::unique_ptr<Entry>& entry : active) {
    rates.prefixes.push_back(std::move(entry->minute));
  }
  entries_.clear();
  covered_ = {};
  network_peaks_ = {};
  done_(std::move(rates));
}

}  // namespace floodgauge
