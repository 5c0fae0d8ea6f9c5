#include "engine/merge/ledger.h"

#include <algorithm>
#include <cmath>

#include "engine/base/number_text.h"
#include "engine/merge/greatest.h"

namespace floodgauge {
namespace {

/// The weight of SYNs and handshakes is multiplied by this at each later window.
constexpr double kFade = 0.9;

/// Whether the window's rates mean anything: a capture's last window may be very short.
bool has_rates(const NetworkWindow& window) {
  return !window.last || window.seconds() >= 0.05;
}

/// Where every address is protected, only multicast and broadcast addresses are no targets: the
/// packets that no host received went to them. 0 where not all hosts have a record.
std::uint64_t packets_to_groups(const NetworkWindow& window) {
  std::uint64_t received = window.unprotected;
  for (const PrefixWindow& prefix : window.prefixes) received += prefix.total_in.packets;
  // The hosts' counts are of packets, the total is of frames.
  const std::uint64_t all =
      window.total.packets + window.parse.superframe_packets - window.parse.superframes;
  const bool complete = window.hosts_overflowed == 0 && all > received;
  return complete ? all - received : 0;
}

HostSnapshot host_shown_of(const HostRecord& host, double seconds) {
  Volume in;
  Volume out;
  std::uint32_t syn = 0;
  host.for_each_cell([&](const Cell& cell) {
    (cell.outbound ? out : in) += {cell.packets, cell.bytes};
    if (!cell.outbound && cell.vector == Vector::tcp_syn) syn += cell.packets;
  });
  return {.address = host.address,
          .prefix = host.prefix,
          .pps_in = static_cast<double>(in.packets) / seconds,
          .bps_in = static_cast<double>(in.bytes) * 8 / seconds,
          .pps_out = static_cast<double>(out.packets) / seconds,
          .bps_out = static_cast<double>(out.bytes) * 8 / seconds,
          .new_flows_per_second = host.events().new_flows / seconds,
          .syn_per_second = syn / seconds};
}

}  // namespace

void Ledger::add(const NetworkWindow& window, const Settings& settings,
                 const PrefixRegistry& registry, std::size_t top_hosts) {
  ++windows_;
  now_ = window.end;
  total_ += window.total;
  parse_.merge(window.parse);
  unopened_.add(window.unopened);
  duplicates_ += window.duplicates;
  unprotected_ += window.unprotected;
  excluded_ += window.excluded;
  hosts_overflowed_ += window.hosts_overflowed;
  detail_missed_ += window.detail_missed;
  if (registry.everything()) to_groups_ += packets_to_groups(window);
  for (const std::uint32_t prefix : in_last_window_) forget_window(prefixes_[prefix]->shown);
  in_last_window_.clear();
  for (const PrefixWindow& prefix : window.prefixes) add_prefix(window, prefix, registry);
  const bool may_be_busiest = has_rates(window) || windows_ == 1;
  const double limit = settings.profiles.at("default").thresholds.packets.value_or(0);
  const HostRecord* busiest = nullptr;
  std::uint64_t most = 0;
  for (const HostRecord& host : window.hosts()) {
    addresses_.add(hash_of(host.address, key_));
    const std::uint64_t packets = host.inbound().packets;
    const bool before = packets == most && busiest != nullptr && host.address < busiest->address;
    if (packets <= most && !before) continue;
    most = packets;
    busiest = &host;
  }
  if (may_be_busiest && busiest != nullptr) {
    note_busiest(busiest->address, static_cast<double>(most) / window.seconds(), limit);
  }
  if (top_hosts != 0) keep_top_hosts(window, top_hosts);
}

Ledger::Prefix& Ledger::entry_of(std::uint32_t id, const PrefixRegistry& registry) {
  const IpPrefix& named = registry.prefixes()[id].prefix;
  std::unique_ptr<Prefix>& entry = prefixes_[id];
  if (entry == nullptr || entry->shown.prefix != named) {
    entry = std::make_unique<Prefix>();
    entry->shown.prefix = named;
  }
  return *entry;
}

void Ledger::forget_window(PrefixSnapshot& shown) {
  shown.pps_in = shown.bps_in = 0;
  shown.pps_out = shown.bps_out = 0;
  shown.new_flows_per_second = shown.syn_per_second = 0;
  shown.sources_estimate = 0;
  shown.hosts_active = 0;
}

void Ledger::add_prefix(const NetworkWindow& window, const PrefixWindow& prefix,
                        const PrefixRegistry& registry) {
  Prefix& entry = entry_of(prefix.prefix, registry);
  in_last_window_.push_back(prefix.prefix);
  PrefixSnapshot& shown = entry.shown;
  const double seconds = window.seconds();
  for (std::size_t c = 0; c < kClasses; ++c) {
    shown.in[c] += prefix.in[c];
    shown.out[c] += prefix.out[c];
  }
  shown.total_in += prefix.total_in;
  shown.total_out += prefix.total_out;
  shown.pps_in = static_cast<double>(prefix.total_in.packets) / seconds;
  shown.bps_in = static_cast<double>(prefix.total_in.bytes) * 8 / seconds;
  shown.pps_out = static_cast<double>(prefix.total_out.packets) / seconds;
  shown.bps_out = static_cast<double>(prefix.total_out.bytes) * 8 / seconds;
  if (has_rates(window) || shown.peak_pps_in == 0) {
    shown.peak_pps_in = std::max(shown.peak_pps_in, shown.pps_in);
    shown.peak_bps_in = std::max(shown.peak_bps_in, shown.bps_in);
  }
  shown.new_flows_per_second = static_cast<double>(prefix.new_flows) / seconds;
  shown.syn_per_second = static_cast<double>(prefix.syn) / seconds;
  entry.recent_syn = entry.recent_syn * kFade + static_cast<double>(prefix.syn);
  entry.recent_handshakes =
      entry.recent_handshakes * kFade + static_cast<double>(prefix.handshakes);
  shown.handshakes_done_ratio =
      entry.recent_syn < 1 ? 1 : std::min(1.0, entry.recent_handshakes / entry.recent_syn);
  shown.sources_estimate = static_cast<std::uint64_t>(std::llround(prefix.sources.estimate()));
  shown.hosts_active = prefix.hosts;
  entry.sources.merge(prefix.sources);
}

void Ledger::note_busiest(const IpAddress& address, double pps, double limit) {
  if (pps < busiest_pps_ || (pps == busiest_pps_ && busiest_ < address)) return;
  busiest_pps_ = pps;
  busiest_ = address;
  busiest_limit_ = limit;
}

void Ledger::keep_top_hosts(const NetworkWindow& window, std::size_t count) {
  struct Busier {
    bool operator()(const HostSnapshot& a, const HostSnapshot& b) const {
      return a.pps_in != b.pps_in ? a.pps_in > b.pps_in : a.address < b.address;
    }
  };
  Greatest<HostSnapshot, Busier> busiest(count);
  for (const HostRecord& host : window.hosts()) busiest.add(host_shown_of(host, window.seconds()));
  top_hosts_ = busiest.take();
}

PrefixSnapshot Ledger::shown_of(const Prefix& entry) {
  PrefixSnapshot shown = entry.shown;
  shown.sources_total = static_cast<std::uint64_t>(std::llround(entry.sources.estimate()));
  return shown;
}

void Ledger::fill(EngineSnapshot& snapshot, const PrefixRegistry& registry,
                  std::uint32_t sampling) const {
  snapshot.now = now_;
  snapshot.windows = windows_;
  snapshot.total = total_;
  snapshot.parse = parse_;
  snapshot.unopened = unopened_.take_stock();
  snapshot.duplicates = duplicates_;
  snapshot.unprotected = unprotected_;
  snapshot.excluded = excluded_;
  snapshot.left_out.host_packets = hosts_overflowed_;
  snapshot.left_out.attack_packets = detail_missed_;
  snapshot.to_groups = to_groups_;
  snapshot.protected_addresses_seen =
      static_cast<std::uint64_t>(std::llround(addresses_.estimate()));
  snapshot.prefixes.clear();
  std::vector<std::size_t> shown_as(prefixes_.size());
  for (std::size_t id = 0; id < prefixes_.size(); ++id) {
    const ProtectedPrefix& known = registry.prefixes()[id];
    const bool seen = prefixes_[id] != nullptr && prefixes_[id]->shown.prefix == known.prefix;
    if (!known.active || (registry.everything() && !seen)) continue;
    shown_as[id] = snapshot.prefixes.size();
    PrefixSnapshot shown;
    if (seen) shown = shown_of(*prefixes_[id]);
    shown.prefix = known.prefix;
    shown.name = known.name;
    snapshot.prefixes.push_back(std::move(shown));
  }
  snapshot.top_hosts = top_hosts_;
  for (HostSnapshot& host : snapshot.top_hosts) host.prefix = shown_as[host.prefix];
  if (busiest_pps_ > 0) {
    snapshot.busiest = busiest_.text() + " at " + scaled(busiest_pps_ * sampling, "pps") +
                       ", limit " + scaled(busiest_limit_ * sampling, "pps");
  }
}

}  // namespace floodgauge
