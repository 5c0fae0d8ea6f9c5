#include "engine/protect/protection.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>

namespace floodgauge {
namespace {

constexpr std::uint32_t kEverythingV4 = 0;
constexpr std::uint32_t kEverythingV6 = 1;

/// Whether the address is multicast (RFC 5771, RFC 4291) or limited broadcast. No single host has
/// such an address, so it is not a target of floods.
bool is_group(const IpAddress& address) {
  if (!address.is_v4()) return address.bytes[0] == 0xff;
  return address.bytes[12] >= 224 && (address.bytes[12] < 240 || address.v4() == 0xffffffffu);
}

/// Whether anything tells from which side frames come.
bool has_sides(const Settings& settings) {
  const OutsideNeighbours& outside = settings.engine.outside;
  return outside.received || outside.sent || !outside.macs.empty() ||
         std::any_of(settings.ports.begin(), settings.ports.end(),
                     [](const PortSettings& port) { return port.side != PortSide::mirror; });
}

/// Whether the MAC address at offset `at` of an Ethernet frame is that of an outside neighbour.
bool is_outside_mac(const FrameView& frame, std::size_t at, const OutsideNeighbours& outside) {
  if (frame.link != LinkType::ethernet || frame.captured < at + sizeof(MacAddress)) return false;
  return std::any_of(outside.macs.begin(), outside.macs.end(), [&](const MacAddress& mac) {
    return std::memcmp(frame.data + at, mac.data(), mac.size()) == 0;
  });
}

enum class Crossing : std::uint8_t { unknown, from_outside, to_outside };

/// Whether a frame comes from outside or goes there, by its port, its capture or its MAC addresses.
Crossing crossing_of(const FrameView& frame, const OutsideNeighbours& outside) {
  constexpr std::size_t kDestinationMacAt = 0;
  constexpr std::size_t kSourceMacAt = 6;
  switch (frame.origin) {
    case FrameOrigin::outside:
      return Crossing::from_outside;
    case FrameOrigin::inside:
      return Crossing::to_outside;
    case FrameOrigin::received:
      if (outside.received) return Crossing::from_outside;
      if (outside.sent) return Crossing::to_outside;
      break;
    case FrameOrigin::sent:
      if (outside.sent) return Crossing::from_outside;
      if (outside.received) return Crossing::to_outside;
      break;
    case FrameOrigin::unknown:
      break;
  }
  if (is_outside_mac(frame, kSourceMacAt, outside)) return Crossing::from_outside;
  if (is_outside_mac(frame, kDestinationMacAt, outside)) return Crossing::to_outside;
  return Crossing::unknown;
}

std::uint64_t next_generation() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

std::unique_ptr<const PrefixTable> table_of(const std::vector<IpPrefix>& prefixes) {
  std::vector<PrefixTable::Entry> entries;
  for (const IpPrefix& prefix : prefixes) entries.push_back({prefix, 1});
  return PrefixTable::build(entries);
}

std::unique_ptr<const PrefixTable> table_of(const PrefixRegistry& registry) {
  std::vector<PrefixTable::Entry> entries;
  for (std::uint32_t id = 0; id < registry.capacity(); ++id) {
    const ProtectedPrefix& prefix = registry.prefixes()[id];
    if (prefix.active) entries.push_back({prefix.prefix, id});
  }
  return PrefixTable::build(entries);
}

}  // namespace

PrefixRegistry::PrefixRegistry(std::uint32_t capacity) : prefixes_(capacity) {
  if (capacity < 2) prefixes_.resize(2);
}

void PrefixRegistry::assign(const Settings& settings) {
  for (ProtectedPrefix& prefix : prefixes_) prefix.active = false;
  everything_ = settings.protects_everything();
  if (everything_) {
    numbers_.clear();
    never_used_ = std::max(never_used_, kEverythingV6 + 1);
    prefixes_[kEverythingV4] = {*IpPrefix::parse("0.0.0.0/0"), "", "default", true};
    prefixes_[kEverythingV6] = {*IpPrefix::parse("::/0"), "", "default", true};
    return;
  }
  std::vector<std::pair<const ProtectEntry*, IpPrefix>> fresh;
  for (const ProtectEntry& entry : settings.protect) {
    for (const IpPrefix& prefix : entry.prefixes) {
      const auto known = numbers_.find(prefix);
      if (known == numbers_.end()) {
        fresh.emplace_back(&entry, prefix);
      } else {
        prefixes_[known->second] = {prefix, entry.name, entry.profile, true};
      }
    }
  }
  for (const auto& [entry, prefix] : fresh) {
    const std::uint32_t number = free_number();
    const auto before = numbers_.find(prefixes_[number].prefix);
    if (before != numbers_.end() && before->second == number) numbers_.erase(before);
    prefixes_[number] = {prefix, entry->name, entry->profile, true};
    numbers_[prefix] = number;
  }
}

std::uint32_t PrefixRegistry::free_number() {
  if (never_used_ < prefixes_.size()) return never_used_++;
  // Numbers are reused in turn, so that each stays unused as long as possible before it stands for
  // another prefix.
  for (std::size_t tried = 0; tried < prefixes_.size(); ++tried) {
    const std::uint32_t number = next_reused_;
    next_reused_ = (next_reused_ + 1) % capacity();
    if (!prefixes_[number].active) return number;
  }
  throw std::runtime_error("more than " + std::to_string(prefixes_.size()) + " protected prefixes");
}

Protection::Protection(const PrefixRegistry& registry, const Settings& settings)
    : services_(settings.services),
      generation_(next_generation()),
      addresses_(settings.engine.addresses),
      outside_(settings.engine.outside),
      everything_(registry.everything()),
      has_exclusions_(!settings.exclude.sources.empty() || !settings.exclude.targets.empty()),
      knows_sides_(!everything_ && has_sides(settings)) {
  if (opens_tunnels()) fou_ports_ = settings.engine.tunnels.fou;
  // Builds only the tables that are used: each takes half a MiB to fill, at every start and reload.
  if (!everything_) targets_ = table_of(registry);
  if (!has_exclusions_) return;
  excluded_sources_ = table_of(settings.exclude.sources);
  excluded_targets_ = table_of(settings.exclude.targets);
}

PacketTarget Protection::look_up(const PacketFacts& facts) const {
  if ((facts.flags & (kFactIpv4 | kFactIpv6)) == 0) return {};
  if (!everything_) return {targets_->lookup(facts.destination), targets_->lookup(facts.source)};
  const std::uint32_t id = (facts.flags & kFactIpv4) != 0 ? kEverythingV4 : kEverythingV6;
  return {is_group(facts.destination) ? kNoPrefix : id, is_group(facts.source) ? kNoPrefix : id};
}

PacketTarget Protection::choose(const FrameView& frame, PacketFacts& facts) const {
  PacketTarget target = look_up(facts);
  if (facts.inner_kind == InnerKind::none || addresses_ == TunnelAddresses::outer) return target;
  if (addresses_ == TunnelAddresses::outermost_protected) {
    PacketFacts deeper = facts;
    while (target.in == kNoPrefix && target.out == kNoPrefix && parse_inner(frame, deeper)) {
      target = look_up(deeper);
      if (target.in != kNoPrefix || target.out != kNoPrefix) facts = deeper;
    }
    return target;
  }
  while (parse_inner(frame, facts)) {
  }
  return look_up(facts);
}

void Protection::find_targets(TargetedBurst& burst) const {
  const std::uint32_t unknown = burst.unknown();
  if (unknown == 0) return;
  if (everything_) {
    for_each_bit(unknown, [&](std::uint16_t i) { burst.targets[i] = look_up(burst.facts[i]); });
  } else {
    look_up_burst(burst, unknown);
  }
  if (opens_tunnels()) {
    for_each_bit(unknown & ~burst.plain, [&](std::uint16_t i) {
      if (burst.facts[i].inner_kind == InnerKind::none) return;
      burst.targets[i] = choose(burst.frames[i], burst.facts[i]);
    });
  }
  if (knows_sides_) tell_sides(burst, unknown);
}

/// Sets burst.from_outside and to_outside of the packets from one protected address to another.
void Protection::tell_sides(TargetedBurst& burst, std::uint32_t which) const {
  for_each_bit(which, [&](std::uint16_t i) {
    if (burst.targets[i].in == kNoPrefix || burst.targets[i].out == kNoPrefix) return;
    const Crossing crossing = crossing_of(burst.frames[i], outside_);
    burst.from_outside |= std::uint32_t{crossing == Crossing::from_outside} << i;
    burst.to_outside |= std::uint32_t{crossing == Crossing::to_outside} << i;
  });
}

/// look_up() for each packet of `which`, with overlapping memory accesses.
void Protection::look_up_burst(TargetedBurst& burst, std::uint32_t which) const {
  std::array<const IpAddress*, 2 * kBurst> addresses;
  std::array<std::uint32_t, 2 * kBurst> ids;
  std::size_t count = 0;
  for_each_bit(which, [&](std::uint16_t i) {
    addresses[count++] = &burst.facts[i].destination;
    addresses[count++] = &burst.facts[i].source;
  });
  targets_->lookup_burst({addresses.data(), count}, ids.data());
  const std::uint32_t* id = ids.data();
  for_each_bit(which, [&](std::uint16_t i) {
    const bool ip = (burst.facts[i].flags & (kFactIpv4 | kFactIpv6)) != 0;
    burst.targets[i] = ip ? PacketTarget{id[0], id[1]} : PacketTarget{};
    id += 2;
  });
}

bool Protection::excluded(const IpAddress& source, const IpAddress& destination) const {
  return has_exclusions_ && (excluded_sources_->lookup(source) != kNoPrefix ||
                             excluded_targets_->lookup(destination) != kNoPrefix);
}

}  // namespace floodgauge
