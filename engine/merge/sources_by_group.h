// Who and what hits a target, apart for each group of vectors. An incident is about some vectors,
// and its sources, ports, lengths and payloads are those of their packets alone: the clients of a
// web server are no sources of the reflection that hits it. Control path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/merge/target_summary.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// Vectors whose packets are summed up together. One summary for each vector would take too much
/// memory: a flood from random source ports looks like every UDP service's.
enum class SourceGroup : std::uint8_t {
  syn,
  synack,
  ack,  ///< also streams and other segments that no side answers
  rst,
  fin,
  flags,
  requests,  ///< HTTP and TLS
  dns,
  quic,
  udp,
  reflection,
  fragment,
  icmp,
  other,
  count_,
};
inline constexpr std::size_t kSourceGroups = static_cast<std::size_t>(SourceGroup::count_);

SourceGroup group_of(Vector vector);

class SourcesByGroup {
 public:
  /// `sources`: top sources that are kept exactly for each group.
  explicit SourcesByGroup(std::size_t sources = 65536) : capacity_(sources) {}

  /// The summary of the vector's group, for adding to it.
  TargetSummary& of(Vector vector) { return at(group_of(vector)); }
  /// nullptr when nothing of the vector's group has been added.
  const TargetSummary* find(Vector vector) const {
    return groups_[static_cast<std::size_t>(group_of(vector))].get();
  }
  /// All groups together. Costs a merge when there are several and something has been added since.
  const TargetSummary& all() const;
  std::uint64_t packets() const;

  void merge(const SourcesByGroup& other);
  /// Adds the groups of these vectors alone.
  void merge(const SourcesByGroup& other, const VectorSet& only);
  void clear();
  void prune();
  void clear_signatures();
  /// Calls visit(summary) for each group to which something has been added.
  template <typename Visit>
  void for_each(Visit&& visit) {
    together_.reset();
    for (auto& group : groups_) {
      if (group != nullptr) visit(*group);
    }
  }

 private:
  TargetSummary& at(SourceGroup group);

  std::size_t capacity_;
  std::array<std::unique_ptr<TargetSummary>, kSourceGroups> groups_;
  mutable std::unique_ptr<TargetSummary> together_;  ///< null: not up to date
};

}  // namespace floodgauge
