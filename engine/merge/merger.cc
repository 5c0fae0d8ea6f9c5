#include "engine/merge/merger.h"

#include <algorithm>
#include <array>
#include <limits>

namespace floodgauge {
namespace {

constexpr std::uint64_t kEnded = std::numeric_limits<std::uint64_t>::max();

std::uint32_t merged_hosts(std::size_t workers, std::uint32_t hosts) {
  if (workers < 2) return 1;  // the worker's own window is used in its place
  const std::uint64_t all = std::uint64_t{hosts} * workers;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(all, HostIndex::kMaxHosts));
}

void add_cells(const HostRecord& host, PrefixWindow& prefix) {
  bool in = false;
  bool out = false;
  host.for_each_cell([&](const Cell& cell) {
    (cell.outbound ? out : in) = true;
    const Volume volume{cell.packets, cell.bytes};
    const auto traffic_class = static_cast<std::size_t>(info(cell.vector).traffic_class);
    if (cell.outbound) {
      prefix.out[traffic_class] += volume;
      prefix.total_out += volume;
    } else {
      prefix.in[traffic_class] += volume;
      prefix.total_in += volume;
      if (cell.vector == Vector::tcp_syn) prefix.syn += cell.packets;
    }
  });
  prefix.new_flows += host.events().new_flows;
  prefix.handshakes += host.events().handshakes;
  ++prefix.hosts;
  prefix.hosts_in += in;
  prefix.hosts_out += out;
  if (out) prefix.senders |= sender_bit(host.address);
}

}  // namespace

Merger::Merger(std::vector<WindowExchange*> workers, const WindowGrid& grid, const HashKey& key,
               std::uint32_t hosts, DuplicateMode duplicates)
    : workers_(std::move(workers)),
      taken_(workers_.size()),
      grid_(grid),
      key_(key),
      duplicates_(duplicates),
      index_(merged_hosts(workers_.size(), hosts)),
      merged_(merged_hosts(workers_.size(), hosts)) {}

bool Merger::ready(std::uint64_t& index, bool& last) {
  index = kEnded;
  std::vector<std::uint64_t> progress(workers_.size());
  // Each worker is read once: otherwise one that seals an earlier window meanwhile could be missed.
  std::vector<const WorkerWindow*> sealed(workers_.size());
  for (std::size_t w = 0; w < workers_.size(); ++w) {
    progress[w] = workers_[w]->progress();  // before sealed(): see WindowExchange
    sealed[w] = workers_[w]->sealed();
    if (sealed[w] != nullptr) index = std::min(index, sealed[w]->index);
  }
  if (index == kEnded) return false;
  bool all_final = true;   // the windows taken are the last ones of their workers
  bool none_later = true;  // no other worker is known to have a later window
  bool all_known = true;
  for (std::size_t w = 0; w < workers_.size(); ++w) {
    taken_[w] = sealed[w] != nullptr && sealed[w]->index == index;
    if (taken_[w]) {
      all_final = all_final && sealed[w]->final;
    } else if (sealed[w] != nullptr) {
      none_later = false;
    } else if (progress[w] <= index) {
      return false;
    } else {
      all_known = all_known && progress[w] == kEnded;
    }
  }
  // Which window is the capture's last must not depend on which worker was first. A window that is
  // not the final one of its worker was sealed because time went on: some worker has a later
  // packet.
  if (all_final && none_later && !all_known) return false;
  last = all_final && none_later;
  return true;
}

bool Merger::next(NetworkWindow& window) {
  std::uint64_t index = 0;
  bool last = false;
  if (!ready(index, last)) return false;
  window.index = index;
  window.windows = 1;
  window.last = last;
  window.gap_since.reset();
  window.total = {};
  window.parse = {};
  window.unopened.clear();
  window.excluded = 0;
  window.unprotected = 0;
  window.hosts_overflowed = 0;
  window.detail_missed = 0;
  window.key_ = key_;
  window.workers_.clear();
  Nanoseconds last_packet;
  for (std::size_t w = 0; w < workers_.size(); ++w) {
    if (!taken_[w]) continue;
    const WorkerWindow& part = *workers_[w]->sealed();
    window.workers_.push_back(&part);
    window.windows = std::max(window.windows, part.windows);
    window.total += part.total;
    window.parse.merge(part.parse);
    part.unopened.for_each([&](Stop stop, std::uint64_t packets) {
      window.unopened.push_back({stop, packets});
    });
    window.excluded += part.excluded;
    window.unprotected += part.unprotected;
    window.hosts_overflowed += part.hosts_overflowed;
    window.detail_missed += part.detail_missed;
    last_packet = std::max(last_packet, part.last_packet);
  }
  window.start = grid_.start_of(index);
  window.end = last ? last_packet : grid_.start_of(index + window.windows);
  judge_duplicates(window);
  merge_hosts(window);
  merge_prefixes(window);
  merge_services(window);
  window.sample.clear();
  for (const WorkerWindow* part : window.workers_) window.sample.add(part->sample);
  window.sample.finish();
  return true;
}

/// Leaves the copies out of the window, or puts them back into the workers' counts.
void Merger::judge_duplicates(NetworkWindow& window) {
  DuplicateCounts counts;
  for (const WorkerWindow* part : window.workers_) counts += part->duplicates;
  const DuplicateJudge::Verdict verdict = duplicates_.judge(counts);
  window.duplicates = verdict.copies;
  if (verdict.leave_out) return;
  for (std::size_t w = 0; w < workers_.size(); ++w) {
    if (taken_[w]) workers_[w]->sealed()->put_copies_back();
  }
}

void Merger::merge_hosts(NetworkWindow& window) {
  window.parts_.clear();
  window.first_part_.clear();
  merged_used_ = 0;
  window.more_cells_.clear();
  if (window.is_of_one()) {
    const WorkerWindow& part = *window.workers_.front();
    window.hosts_ = {part.hosts, order_.sort({part.slots.data(), part.hosts_used})};
    return;
  }
  index_.next_window();
  window.senders_.clear();
  for (const WorkerWindow* part : window.workers_) {
    window.senders_.merge(part->senders);
    add_hosts(*part, window);
  }
  while (in_order_.size() < merged_used_) {
    in_order_.push_back(static_cast<std::uint32_t>(in_order_.size()));
  }
  window.hosts_ = {merged_, std::span(in_order_).first(merged_used_)};
}

/// Prefetches, for the records ahead, the worker's record, the index entry and the merged record.
/// With many hosts each record would otherwise cost three cache misses, one after the other.
void Merger::add_hosts(const WorkerWindow& part, NetworkWindow& window) {
  constexpr std::uint32_t kAhead = 16;
  std::array<std::uint64_t, kAhead> hashes{};
  const HostList hosts{part.hosts, order_.sort({part.slots.data(), part.hosts_used})};
  const auto look_ahead = [&](std::size_t r) {
    if (r + kAhead < hosts.size()) hosts[r + kAhead].prefetch();
    if (r >= hosts.size()) return;
    const std::uint64_t hash = hash_of(hosts[r].address, key_);
    index_.prefetch(hash);
    hashes[r % kAhead] = hash;
  };
  for (std::size_t r = 0; r < kAhead; ++r) look_ahead(r);
  for (std::size_t r = 0; r < hosts.size(); ++r) {
    const std::uint64_t hash = hashes[r % kAhead];
    look_ahead(r + kAhead);
    const std::size_t soon = r + kAhead / 2;
    const std::uint32_t at = index_.guess(hashes[soon % kAhead]);
    if (at != HostIndex::kNone) merged_[at].prefetch();
    if (soon < hosts.size() && hosts[soon].has_events()) {
      hosts[soon].prefetch_events();
      if (at != HostIndex::kNone) merged_[at].prefetch_events();
    }
    add_host(part, hosts.slot(r), hash, window);
  }
}

void Merger::add_host(const WorkerWindow& part, std::uint32_t slot, std::uint64_t hash,
                      NetworkWindow& window) {
  const HostRecord& record = part.hosts[slot];
  const HostIndex::Found found = index_.find(
      hash, [&](std::uint32_t other) { return merged_[other].address == record.address; });
  std::uint32_t at = found.slot;
  if (at == HostIndex::kNone) {
    if (merged_used_ == merged_.size()) {
      record.for_each_cell([&](const Cell& cell) { window.hosts_overflowed += cell.packets; });
      return;
    }
    at = merged_used_++;
    index_.insert(found, hash, at);
    window.first_part_.push_back(0);
    merged_[at].begin_as(record, window.more_cells_);
  } else {
    merged_[at].merge(record, window.more_cells_);
  }
  if (record.events().logged != 0 || record.sent().logged != 0) {
    window.parts_.push_back({&part, slot, window.first_part_[at]});
    window.first_part_[at] = static_cast<std::uint32_t>(window.parts_.size());
  }
}

void Merger::merge_prefixes(NetworkWindow& window) {
  std::vector<std::uint32_t> touched;
  for (const WorkerWindow* part : window.workers_) {
    const auto& own = part->touched_prefixes;
    touched.insert(touched.end(), own.begin(), own.end());
  }
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  window.prefixes.clear();
  window.prefixes.resize(touched.size());
  const std::size_t prefixes = touched.empty() ? 0 : touched.back() + 1;
  if (prefixes > prefix_at_.size()) prefix_at_.resize(prefixes);
  for (std::uint32_t i = 0; i < touched.size(); ++i) {
    window.prefixes[i].prefix = touched[i];
    prefix_at_[touched[i]] = i;
  }
  for (const WorkerWindow* part : window.workers_) {
    for (const std::uint32_t id : part->touched_prefixes) {
      PrefixWindow& prefix = window.prefixes[prefix_at_[id]];
      part->prefix_sources.merge_into(prefix.sources, id);
    }
  }
  for (const HostRecord& host : window.hosts_) {
    if (host.prefix >= prefix_at_.size()) continue;
    const std::uint32_t at = prefix_at_[host.prefix];
    if (at < touched.size() && touched[at] == host.prefix) add_cells(host, window.prefixes[at]);
  }
}

void Merger::merge_services(NetworkWindow& window) {
  window.services.clear();
  for (const WorkerWindow* part : window.workers_) window.services.add(part->services);
  window.services.finish();
  for (const ServiceTotals& totals : window.services.servers()) {
    if (totals.prefix >= prefix_at_.size()) continue;
    const std::uint32_t at = prefix_at_[totals.prefix];
    if (at >= window.prefixes.size() || window.prefixes[at].prefix != totals.prefix) continue;
    window.prefixes[at].dns_requests += totals.counts.dns_queries;
    window.prefixes[at].dns_answers += totals.dns_answers();
  }
}

void Merger::release() {
  for (std::size_t w = 0; w < workers_.size(); ++w) {
    if (!taken_[w]) continue;
    workers_[w]->sealed()->clear();
    workers_[w]->release();
    taken_[w] = false;
  }
}

bool Merger::finished() const {
  return std::all_of(workers_.begin(), workers_.end(), [](const WindowExchange* worker) {
    return worker->progress() == kEnded && worker->sealed() == nullptr;
  });
}

}  // namespace floodgauge
