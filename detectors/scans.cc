#include "detectors/scans.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace floodgauge {
namespace {

constexpr std::size_t kSlots = 65536;
/// A source gets a record when it has gone to another target so often.
constexpr std::uint32_t kMoves = 4;
/// A slot is free for another source so long after its last probe; a record is forgotten so long
/// after its last probe if no scan is told of it.
constexpr Nanoseconds kSlotIdle = whole_seconds(60);
constexpr Nanoseconds kSourceIdle = whole_seconds(900);
/// The same for one that has tried few targets, as most clients of several services do.
constexpr Nanoseconds kFewIdle = whole_seconds(60);
constexpr std::uint64_t kFewTried = 32;
constexpr Nanoseconds kSweepEvery = whole_seconds(1);
/// Probes that wait until they are counted in a row.
constexpr std::size_t kWaiting = 16;
/// A scan tries a target at most so often on average: a scanner repeats what is not answered.
constexpr std::uint64_t kTriesEach = 3;
/// Protected hosts that scan within their prefix in one window, at most.
constexpr std::uint64_t kMostAtOnce = 64;
/// Of a source that is followed, so many targets tried show a scan.
constexpr std::uint64_t kScannerTried = 8;

/// The smallest prefix around two addresses of one version.
IpPrefix around_both(const IpAddress& lowest, const IpAddress& highest) {
  IpPrefix prefix = IpPrefix::host(lowest);
  while (!prefix.contains(highest) && prefix.length != 0) {
    prefix = IpPrefix::around(lowest, static_cast<std::uint8_t>(prefix.length - 1));
  }
  return prefix;
}

/// Hosts are tried when there are at least as many hosts as ports, and more than one.
template <typename Probes>
ScanKind kind_of(const Probes& probes) {
  std::vector<IpAddress> hosts;
  std::vector<std::uint16_t> ports;
  for (const auto& probe : probes) {
    hosts.push_back(probe.target);
    ports.push_back(probe.port);
  }
  const auto distinct = [](auto& all) {
    std::sort(all.begin(), all.end());
    return std::unique(all.begin(), all.end()) - all.begin();
  };
  const auto host_count = distinct(hosts);
  return host_count > 1 && host_count >= distinct(ports) ? ScanKind::hosts : ScanKind::ports;
}

}  // namespace

void DistinctCount::add(std::uint64_t hash) {
  sketch_.add(hash);
  if (!exact_) return;
  const auto key = static_cast<std::uint32_t>(hash >> 32);
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), key);
  if (at != keys_.end() && *at == key) return;
  keys_.insert(at, key);
  if (keys_.size() <= kExact) return;
  exact_ = false;
  keys_ = {};
}

std::uint64_t DistinctCount::value() const {
  return exact_ ? keys_.size() : static_cast<std::uint64_t>(std::llround(sketch_.estimate()));
}

ScanBook::ScanBook() : slots_(kSlots) {}

void ScanBook::on_window(const NetworkWindow& window) {
  probes_.collect(window);
  const Moment moment{window.start, window.end, window.seconds()};
  find_crowded(window);
  probes_.for_each_group([&](const ProbeGroup& group) { judge(group, moment); });
  probes_.end_shares();
  probes_.for_each_group([&](const ProbeGroup& group) { take(group, moment); });
  count_events(window);
  sweep(window.end, window.last);
}

/// The prefixes in which so many protected hosts seem to scan each other that their packets are no
/// scans: a flood from outside with forged sources, each of which seems to go from host to host.
void ScanBook::find_crowded(const NetworkWindow& window) {
  crowded_.clear();
  std::vector<std::pair<std::uint32_t, IpAddress>> scanners;
  probes_.for_each_group([&](const ProbeGroup& group) {
    const Probe& first = group.probes.front();
    if (first.direction != Direction::in || !group.is_scan()) return;
    scanners.emplace_back(window.hosts()[first.host].prefix, first.source);
  });
  if (scanners.size() * probes_.sampled_one_in() <= kMostAtOnce) return;
  std::vector<IpAddress> inside;
  for (const HostRecord& host : window.hosts()) inside.push_back(host.address);
  std::sort(inside.begin(), inside.end());
  std::map<std::uint32_t, std::uint64_t> from_inside;
  for (const auto& [prefix, source] : scanners) {
    const bool is = std::binary_search(inside.begin(), inside.end(), source);
    if (is) from_inside[prefix] += probes_.sampled_one_in();
  }
  for (const auto& [prefix, sources] : from_inside) {
    if (sources > kMostAtOnce) crowded_.insert(prefix);
  }
  if (crowded_.empty()) return;
  probes_.remove_if([&](const Probe& probe) {
    return probe.direction == Direction::in && crowded_.contains(window.hosts()[probe.host].prefix);
  });
}

/// Of sources that have a record. Events have no order that matters.
void ScanBook::count_events(const NetworkWindow& window) {
  if (sources_.empty()) return;
  window.for_each_client_event([&](const ClientEvent& event) {
    const auto found = sources_.find(event.client);
    if (found == sources_.end()) return;
    ++(event.outcome == ClientOutcome::refused ? found->second.refused : found->second.spoke);
  });
}

/// True of a source that goes from target to target and is no client: clients speak.
bool ScanBook::is_scanner(const Source& source) {
  const std::uint64_t tried = source.targets();
  const std::uint64_t packets = source.rows[0].packets + source.rows[1].packets;
  return tried >= kScannerTried && packets <= kTriesEach * tried && source.spoke * 2 < tried;
}

/// Decides whether a group is part of a scan.
void ScanBook::judge(const ProbeGroup& group, const Moment& moment) {
  const Source* const source = source_of(group, moment);
  if (source == nullptr) return;
  const std::uint64_t tried = source->targets() + source->waiting.size() + group.tried;
  const std::uint64_t packets = source->rows[0].packets + source->rows[1].packets;
  const bool repeats = packets > kTriesEach * tried;
  const bool speaks = source->spoke * 2 >= tried;
  if ((group.is_scan() && !speaks && !repeats) || is_scanner(*source)) probes_.add_share(group);
}

/// Counts the probes of a source that has a record.
void ScanBook::take(const ProbeGroup& group, const Moment& moment) {
  const auto found = sources_.find(group.source());
  if (found != sources_.end() && !is_part_of_flood(group)) add_probes(found->second, group, moment);
}

/// True when most of the targets are hit by many sources.
bool ScanBook::is_part_of_flood(const ProbeGroup& group) const {
  std::size_t flooded = 0;
  for (const Probe& probe : group.probes) {
    const ScanShare* const share = probes_.share_of(probe.host, probe.direction);
    flooded += share != nullptr && !share->is_spread();
  }
  return flooded * 2 > group.probes.size();
}

/// The source's record, made when it has earned one; nullptr when it has none.
ScanBook::Source* ScanBook::source_of(const ProbeGroup& group, const Moment& moment) {
  const auto found = sources_.find(group.source());
  if (found != sources_.end()) return &found->second;
  Slot& slot = slots_[group.probes.front().source_hash & (kSlots - 1)];
  const Slot known = slot;
  if (!group.is_scan() && !has_moved_on(group, moment, slot)) return nullptr;
  if (sources_.size() >= kMostSources) {
    ++not_followed_;
    return nullptr;
  }
  Source& source = sources_[group.source()];
  source.start = moment.start;
  if (known.source_hash == group.probes.front().source_hash) {
    // Each move was to another target than the one before. The last one may be in the group.
    const bool again = std::ranges::any_of(
        group.probes, [&](const Probe& probe) { return probe.target_hash == known.target_hash; });
    source.before = known.moves + 1 - again;
    source.start = {known.first};
    slot = {};
  }
  return &source;
}

/// Notes the targets of a source without a record. True when it has earned one.
bool ScanBook::has_moved_on(const ProbeGroup& group, const Moment& moment, Slot& slot) const {
  const std::uint64_t source_hash = group.probes.front().source_hash;
  if (slot.source_hash != source_hash) {
    const bool idle = moment.start.count - slot.last > kSlotIdle.count;
    if (slot.source_hash != 0 && !idle && slot.moves != 0) {
      --slot.moves;
      return false;
    }
    slot = {.source_hash = source_hash,
            .target_hash = group.probes.front().target_hash,
            .first = moment.start.count};
  }
  slot.last = moment.start.count;
  for (const Probe& probe : group.probes) {
    if (probe.target_hash == slot.target_hash) continue;
    slot.target_hash = probe.target_hash;
    ++slot.moves;
  }
  return slot.moves >= kMoves;
}

void ScanBook::add_probes(Source& source, const ProbeGroup& group, const Moment& moment) {
  const double rate = static_cast<double>(group.probes.size()) / moment.seconds;
  source.peak_pps = std::max(source.peak_pps, rate);
  source.end = moment.end;
  if (source.waiting.empty() && source.targets() != 0) source.start = moment.start;
  for (const Probe& probe : group.probes) {
    source.waiting.push_back({probe.target, probe.target_hash, probe.port});
  }
  if (source.waiting.size() >= kWaiting || group.is_scan()) count_waiting(source);
}

void ScanBook::count_waiting(Source& source) {
  if (source.waiting.empty()) return;
  Row& row = source.rows[static_cast<std::size_t>(kind_of(source.waiting))];
  if (row.packets == 0) {
    row.start = source.start;
    row.lowest = row.highest = source.waiting.front().target;
  }
  for (const Waiting& probe : source.waiting) {
    row.tried.add(probe.target_hash);
    row.lowest = std::min(row.lowest, probe.target);
    row.highest = std::max(row.highest, probe.target);
  }
  row.packets += source.before + source.waiting.size();
  row.before += source.before;
  row.refused += source.refused;
  row.end = source.end;
  row.peak_pps = std::max(row.peak_pps, source.peak_pps);
  source.before = source.refused = 0;
  source.peak_pps = 0;
  source.waiting.clear();
}

bool ScanBook::is_told(const Source& source, const Row& row) {
  const std::uint64_t targets = row.targets();
  return targets >= kTold && row.packets <= kTriesEach * targets &&
         source.spoke * 2 < source.targets();
}

/// A second of a row shows whether it repeats its targets, and whether its source speaks.
void ScanBook::tell(Source& source, Nanoseconds now, bool last) {
  for (Row& row : source.rows) {
    if (row.told || !is_told(source, row)) continue;
    if (!last && now - row.start < kSweepEvery) continue;
    row.told = true;
    ++total_;
  }
}

/// Counts the probes of sources that pause, and forgets sources that are idle.
void ScanBook::sweep(Nanoseconds now, bool last) {
  if (now < next_sweep_ && !last) return;
  next_sweep_ = now + kSweepEvery;
  for (auto& [address, source] : sources_) {
    if (!last && now - source.end < kSweepEvery) {
      tell(source, now, last);
      continue;
    }
    count_waiting(source);
    // Refusals of the last window come after its probes.
    for (Row& row : source.rows) {
      if (row.packets != 0 && row.end == source.end) row.refused += source.refused;
    }
    source.refused = 0;
    tell(source, now, last);
  }
  std::erase_if(sources_, [&](const auto& item) { return is_over(item.second, now); });
}

bool ScanBook::is_over(const Source& source, Nanoseconds now) {
  if (source.rows[0].told || source.rows[1].told) return false;
  const std::uint64_t targets = source.targets();
  const std::uint64_t packets = source.rows[0].packets + source.rows[1].packets;
  if (targets != 0 && source.spoke * 2 >= targets) return true;
  if (packets > kTriesEach * targets) return true;
  return now - source.end > (targets < kFewTried ? kFewIdle : kSourceIdle);
}

std::vector<Scan> ScanBook::rows() const {
  std::vector<Scan> scans;
  for (const auto& [address, source] : sources_) {
    for (std::size_t kind = 0; kind < source.rows.size(); ++kind) {
      const Row& row = source.rows[kind];
      if (!row.told || !is_told(source, row)) continue;
      const std::uint64_t tried = row.targets();
      scans.push_back({.source = address,
                       .target = around_both(row.lowest, row.highest),
                       .kind = static_cast<ScanKind>(kind),
                       .tried = tried,
                       .refused = std::min(row.refused, tried),
                       .start = row.start,
                       .end = row.end,
                       .peak_pps = row.peak_pps});
    }
  }
  std::stable_sort(scans.begin(), scans.end(),
                   [](const Scan& a, const Scan& b) { return a.tried > b.tried; });
  if (scans.size() > kMostShown) scans.resize(kMostShown);
  std::sort(scans.begin(), scans.end(), [](const Scan& a, const Scan& b) {
    return std::tie(a.start, a.source, a.kind) < std::tie(b.start, b.source, b.kind);
  });
  return scans;
}

}  // namespace floodgauge
