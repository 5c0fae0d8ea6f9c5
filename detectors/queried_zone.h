// The zone that a flood of DNS queries for random names is about: the end that most of the names
// share, below which nearly every name is another. No cache holds such names, so that each query
// reaches the zone's name servers through whatever resolver it was sent to ("water torture").
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/count/query_names.h"

namespace floodgauge {

class QueriedZone {
 public:
  struct Found {
    std::string zone;       ///< in lower case, as in master files (RFC 1035, section 5.1); or empty
    double share = 0;       ///< of the sampled names
    std::size_t names = 0;  ///< that were sampled
  };

  /// Of more than kMost names the latest are kept.
  void add(const SampledName& name);
  std::size_t names() const { return names_.size(); }
  /// The zone; an empty one when the names share none, are too few, or repeat.
  Found find() const;

  static constexpr std::size_t kMost = 512;
  static constexpr std::size_t kLeast = 20;
  /// A zone is the longest end that at least this share of the names has;
  static constexpr double kShare = 0.6;
  /// an end of one label, such as `com`, is none below this share.
  static constexpr double kShareOfOneLabel = 0.85;
  /// The names in the zone have at least so many different labels below it, as a share of the
  /// names.
  static constexpr double kDistinct = 0.5;

 private:
  std::vector<SampledName> names_;
  std::size_t next_ = 0;  ///< the oldest, once there are kMost
};

}  // namespace floodgauge
