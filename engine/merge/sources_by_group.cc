#include "engine/merge/sources_by_group.h"

namespace floodgauge {
namespace {

constexpr std::array<SourceGroup, kVectors> kGroups = [] {
  std::array<SourceGroup, kVectors> groups{};
  const auto set = [&](Vector vector, SourceGroup group) {
    groups[static_cast<std::size_t>(vector)] = group;
  };
  for (std::size_t v = 0; v < kVectors; ++v) {
    groups[v] =
        is_reflection(static_cast<Vector>(v)) ? SourceGroup::reflection : SourceGroup::other;
  }
  set(Vector::tcp_syn, SourceGroup::syn);
  set(Vector::tcp_synack, SourceGroup::synack);
  set(Vector::tcp_ack, SourceGroup::ack);
  set(Vector::tcp_stream, SourceGroup::ack);
  set(Vector::tcp_oneway, SourceGroup::ack);
  set(Vector::tcp_rst, SourceGroup::rst);
  set(Vector::tcp_fin, SourceGroup::fin);
  set(Vector::tcp_flags, SourceGroup::flags);
  set(Vector::tcp_connection, SourceGroup::syn);
  set(Vector::http_request, SourceGroup::requests);
  set(Vector::tls_hello, SourceGroup::requests);
  set(Vector::dns_query, SourceGroup::dns);
  set(Vector::dns_random_subdomain, SourceGroup::dns);
  set(Vector::quic_initial, SourceGroup::quic);
  set(Vector::udp, SourceGroup::udp);
  set(Vector::udp_fragment, SourceGroup::fragment);
  set(Vector::fragment, SourceGroup::fragment);
  set(Vector::icmp, SourceGroup::icmp);
  set(Vector::icmpv6, SourceGroup::icmp);
  return groups;
}();

}  // namespace

SourceGroup group_of(Vector vector) {
  return kGroups[static_cast<std::size_t>(vector)];
}

TargetSummary& SourcesByGroup::at(SourceGroup group) {
  together_.reset();
  auto& summary = groups_[static_cast<std::size_t>(group)];
  if (summary == nullptr) summary = std::make_unique<TargetSummary>(capacity_);
  return *summary;
}

const TargetSummary& SourcesByGroup::all() const {
  const TargetSummary* only = nullptr;
  std::size_t used = 0;
  for (const auto& group : groups_) {
    if (group == nullptr || group->packets == 0) continue;
    only = group.get();
    ++used;
  }
  if (used == 1) return *only;
  if (together_ == nullptr) {
    together_ = std::make_unique<TargetSummary>(capacity_);
    for (const auto& group : groups_) {
      if (group != nullptr) together_->merge(*group);
    }
  }
  return *together_;
}

std::uint64_t SourcesByGroup::packets() const {
  std::uint64_t sum = 0;
  for (const auto& group : groups_) sum += group == nullptr ? 0 : group->packets;
  return sum;
}

void SourcesByGroup::merge(const SourcesByGroup& other) {
  for (std::size_t g = 0; g < kSourceGroups; ++g) {
    if (other.groups_[g] != nullptr) at(static_cast<SourceGroup>(g)).merge(*other.groups_[g]);
  }
}

void SourcesByGroup::merge(const SourcesByGroup& other, const VectorSet& only) {
  std::array<bool, kSourceGroups> wanted{};
  only.for_each([&](Vector vector) {
    if (static_cast<std::size_t>(vector) >= kVectors) return;
    wanted[static_cast<std::size_t>(group_of(vector))] = true;
  });
  for (std::size_t g = 0; g < kSourceGroups; ++g) {
    if (!wanted[g] || other.groups_[g] == nullptr) continue;
    at(static_cast<SourceGroup>(g)).merge(*other.groups_[g]);
  }
}

void SourcesByGroup::clear() {
  together_.reset();
  for (auto& group : groups_) group.reset();
}

void SourcesByGroup::prune() {
  for_each([](TargetSummary& summary) { summary.prune(); });
}

void SourcesByGroup::clear_signatures() {
  for_each([](TargetSummary& summary) { summary.signatures.clear(); });
}

}  // namespace floodgauge
