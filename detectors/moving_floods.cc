#include "detectors/moving_floods.h"

#include <algorithm>
#include <utility>

#include "detectors/carpet.h"

namespace floodgauge {
namespace {

/// So many hosts of a network have been hit and left before the next one makes a moving flood. In a
/// wide network, floods that have nothing to do with one another are more likely to follow so.
constexpr std::size_t kHops = 2;
constexpr std::size_t kHopsWide = 3;
/// A flood that stays longer on a host is no hop.
constexpr Nanoseconds kLongestStay = whole_seconds(10);
/// Pauses between two hops, at most.
constexpr Nanoseconds kLongestPause = whole_seconds(10);
/// Hops of one network that are remembered.
constexpr std::size_t kMostHops = 8;
/// A vector with at least this share of a host's packets is one of its flood.
constexpr double kOwnShare = 0.25;

/// The vectors that make up a host's flood.
VectorSet vectors_of(const TargetCounts& counts) {
  const VectorSet possible = attack_vectors() | set_of(Vector::tcp_stream);
  const auto all = static_cast<double>(counts.vectors.in_of(possible).packets);
  VectorSet vectors;
  counts.vectors.for_each([&](Vector vector, Volume in, std::uint64_t) {
    const auto packets = static_cast<double>(in.packets);
    if (packets > 0 && packets >= kOwnShare * all && possible.contains(vector)) {
      vectors |= set_of(vector);
    }
  });
  return vectors;
}

/// The narrowest prefix that holds both.
IpPrefix around(const IpPrefix& a, const IpPrefix& b) {
  IpPrefix both = a;
  while (both.length > b.length || !both.contains(b.address)) {
    both = IpPrefix::around(a.address, static_cast<std::uint8_t>(both.length - 1));
  }
  return both;
}

}  // namespace

bool MovingFloods::accepts(const NetworkWindow& window, const OngoingIncident& flood,
                           const VectorSet& vectors) const {
  if (!(flood.vectors() & vectors).any()) return false;
  if (flood.moves) return true;
  if (flood.slow) return false;
  const bool goes_on = window.start - flood.last_above <= kShrinks;
  return goes_on && flood.last_added < window.end;
}

/// The target of the network's incident to which a host's flood of these vectors belongs.
std::optional<IpPrefix> MovingFloods::incident_for(const NetworkWindow& window,
                                                   const KnownTarget& host,
                                                   const VectorSet& vectors) {
  const IpAddress& address = host.target.address.address;
  for (const OngoingIncident* const flood : open_.carpets_over(address, host.target.prefix)) {
    if (flood != nullptr && accepts(window, *flood, vectors)) return flood->incident().target;
  }
  if (!registry_.everything()) return std::nullopt;
  // A flood that moved within an ordinary network goes on beside it.
  const IpPrefix wide = wide_network_of(address);
  for (const auto& [at, moving] : moving_) {
    OngoingIncident* const flood = book_.flood_on(at);
    const bool beside = flood != nullptr && wide.contains(at.address) && at.length > wide.length;
    if (!beside || !accepts(window, *flood, vectors)) continue;
    if (window.start - flood->last_above > kLongestPause) continue;
    const IpPrefix before = at;
    book_.widen(*flood, around(at, carpet_network_of(registry_, address, host.target.prefix)));
    const IpPrefix target = flood->incident().target;
    open_.note_wide_target(wide, target);
    moving_[target] = moving;
    if (target != before) moving_.erase(before);
    return target;
  }
  return std::nullopt;
}

bool MovingFloods::take(const NetworkWindow& window, KnownTarget& host, const Findings& findings) {
  if (findings.empty() || host.target.group) return false;
  const VectorSet vectors = vectors_of(host.counts);
  if (const std::optional<IpPrefix> target = incident_for(window, host, vectors)) {
    add_part(window, *target, host, findings);
    return true;
  }
  const IpAddress& address = host.target.address.address;
  const IpPrefix network = carpet_network_of(registry_, address, host.target.prefix);
  const IpPrefix& self = host.target.address;
  bool may_hop = hops_before(network, window, self, vectors, false).size() >= kHops;
  if (!may_hop && registry_.everything()) {
    may_hop =
        hops_before(wide_network_of(address), window, self, vectors, false).size() >= kHopsWide;
  }
  if (may_hop) {
    waiting_.push_back({std::move(host), findings});
    return true;
  }
  return false;
}

/// The hops of a flood before it reached `host` in this window, the latest first. `all_are_known`:
/// all hosts of the window have been judged, so that a hop that is not over shows. Otherwise the
/// hops that may be over are returned.
std::vector<const MovingFloods::Hop*> MovingFloods::hops_before(const IpPrefix& network,
                                                                const NetworkWindow& window,
                                                                const IpPrefix& host,
                                                                const VectorSet& vectors,
                                                                bool all_are_known) const {
  std::vector<const Hop*> before;
  const auto at = hops_.find(network);
  if (at == hops_.end()) return before;
  Nanoseconds next_begin = window.start;
  for (auto hop = at->second.rbegin(); hop != at->second.rend(); ++hop) {
    const bool is_over = all_are_known ? hop->last < window.end : hop->last <= window.start;
    if (!is_over || hop->host == host || !(hop->vectors & vectors).any()) continue;
    if (hop->last - hop->begin > kLongestStay || next_begin - hop->last > kLongestPause) continue;
    next_begin = hop->begin;
    before.push_back(&*hop);
  }
  return before;
}

/// Adds a host's window to the incident of its network, or opens it.
void MovingFloods::add_part(const NetworkWindow& window, const IpPrefix& target, KnownTarget& host,
                            const Findings& findings) {
  OngoingIncident* const flood = book_.flood_on(target);
  if (flood != nullptr) {
    flood->moves = true;
    if (flood->last_added == window.end) {  // its network was added as a whole
      flood->last_above = std::max(flood->last_above, window.end);
      return;
    }
  }
  Moving& moving = moving_[target];
  note_host(moving, host.target.address);
  const auto known = parts_.find(target);
  if (known == parts_.end()) {
    host.target = {
        .address = target, .prefix = host.target.prefix, .group = true, .hosts = moving.hosts};
    parts_.emplace(target, Part{std::move(host), findings});
    return;
  }
  Part& part = known->second;
  part.known.target.hosts = moving.hosts;
  part.known.counts.add(host.counts);
  part.findings.insert(part.findings.end(), findings.begin(), findings.end());
  if (!host.sources) return;
  if (part.known.sources) {
    part.known.sources->merge(*host.sources);
  } else {
    part.known.sources = std::move(host.sources);
  }
}

void MovingFloods::note_host(Moving& moving, const IpPrefix& host) {
  if (moving.host == host && moving.hosts != 0) return;
  moving.host = host;
  ++moving.hosts;
}

/// Decides of a host whether its flood is a hop more, or has an incident of its own.
void MovingFloods::settle(const NetworkWindow& window, Waiting& waiting) {
  KnownTarget& host = waiting.host;
  const VectorSet vectors = vectors_of(host.counts);
  if (const std::optional<IpPrefix> target = incident_for(window, host, vectors)) {
    add_part(window, *target, host, waiting.findings);
    return;
  }
  const IpPrefix self = host.target.address;
  const IpPrefix ordinary = carpet_network_of(registry_, self.address, host.target.prefix);
  const IpPrefix wide = wide_network_of(self.address);
  const auto hops = hops_before(ordinary, window, self, vectors, true);
  const auto wide_hops = registry_.everything() ? hops_before(wide, window, self, vectors, true)
                                                : std::vector<const Hop*>{};
  const bool is_wide = hops.size() < kHops;
  if (is_wide && wide_hops.size() < kHopsWide) {
    floods_.take_window(window, host, waiting.findings);
    Knowledge::keep_sources(host, floods_.is_followed(self));
    note_hop(window, self, host.target.prefix);
    return;
  }
  IpPrefix target = ordinary;
  if (is_wide) {
    for (const Hop* const hop : wide_hops) target = around(target, hop->host);
  }
  const std::size_t known = is_wide ? wide_hops.size() : hops.size();
  waiting.findings.push_back({waiting.findings.front().vector, "hosts_hit_in_turn",
                              static_cast<double>(known + 1),
                              static_cast<double>(is_wide ? kHopsWide : kHops), window.seconds()});
  host.target = {.address = target,
                 .prefix = host.target.prefix,
                 .group = true,
                 .hosts = static_cast<std::uint32_t>(known + 1)};
  floods_.take_window(window, host, waiting.findings);
  OngoingIncident* const flood = book_.flood_on(target);
  if (flood == nullptr) return;
  flood->moves = true;
  moving_[target] = {self, host.target.hosts};
  if (target != ordinary) open_.note_wide_target(wide, target);
}

void MovingFloods::note_hop(const NetworkWindow& window, const IpPrefix& host,
                            std::uint32_t prefix) {
  const OngoingIncident* const flood = book_.flood_on(host);
  if (flood == nullptr || flood->slow) return;
  const Hop hop{host, window.start, flood->last_above, flood->vectors()};
  add_hop(carpet_network_of(registry_, host.address, prefix), hop);
  if (registry_.everything()) add_hop(wide_network_of(host.address), hop);
}

void MovingFloods::add_hop(const IpPrefix& network, const Hop& hop) {
  if (network == hop.host) return;
  const auto at = hops_.find(network);
  if (at == hops_.end() && hops_.size() >= kMostNetworks) return;
  std::vector<Hop>& hops = at == hops_.end() ? hops_[network] : at->second;
  std::erase_if(hops, [&](const Hop& known) { return known.host == hop.host; });
  if (hops.size() == kMostHops) hops.erase(hops.begin());
  hops.push_back(hop);
}

void MovingFloods::forget(Nanoseconds now) {
  for (auto& [network, hops] : hops_) {
    for (Hop& hop : hops) {
      const OngoingIncident* const flood = book_.flood_on(hop.host);
      if (flood != nullptr) hop.last = std::max(hop.last, flood->last_above);
    }
    std::erase_if(hops, [&](const Hop& hop) {
      return now - hop.last > kLongestPause + kLongestStay + kLongestPause;
    });
  }
  std::erase_if(hops_, [](const auto& item) { return item.second.empty(); });
  std::erase_if(moving_,
                [this](const auto& item) { return book_.flood_on(item.first) == nullptr; });
}

void MovingFloods::end_window(const NetworkWindow& window) {
  // The hosts whose floods were opened in this window, and how long the others lasted.
  for (const auto& [key, ongoing] : book_.ongoing()) {
    const bool is_new = key.first == IncidentKind::flood && key.direction == Direction::in &&
                        is_host(key.second) && ongoing->incident().detected == window.end;
    if (is_new) note_hop(window, key.second, ongoing->prefix_number);
  }
  forget(window.end);
  for (Waiting& waiting : std::exchange(waiting_, {})) settle(window, waiting);
  for (auto& [target, part] : std::exchange(parts_, {})) {
    floods_.take_window(window, part.known, part.findings);
  }
}

bool MovingFloods::join(const NetworkWindow& window, const KnownTarget& network) {
  if (!registry_.everything()) return false;
  const VectorSet vectors = vectors_of(network.counts);
  const IpPrefix wide = wide_network_of(network.target.address.address);
  for (const auto& [key, ongoing] : book_.ongoing()) {
    const bool beside = key.first == IncidentKind::flood && key.direction == Direction::in &&
                        !is_host(key.second) && wide.contains(key.second.address) &&
                        key.second.length > wide.length && key.second != network.target.address;
    if (!beside || !(ongoing->vectors() & vectors).any()) continue;
    if (window.start - ongoing->last_above > kShrinks) continue;
    book_.widen(*ongoing, around(key.second, network.target.address));
    open_.note_wide_target(wide, ongoing->incident().target);
    if (ongoing->last_added == window.end) {  // otherwise both are added as one wide network
      ongoing->add_earlier(network.counts.attack(), window.seconds());
      if (network.sources) ongoing->add_sources(*network.sources);
    }
    return true;
  }
  return false;
}

void MovingFloods::widen(const IpPrefix& wide_network, const IpPrefix& hit) {
  const IpPrefix* const target = open_.wide_target(wide_network);
  OngoingIncident* const flood = target == nullptr ? nullptr : book_.flood_on(*target);
  if (flood == nullptr) return;
  book_.widen(*flood, around(*target, hit));
  open_.note_wide_target(wide_network, flood->incident().target);
}

}  // namespace floodgauge
