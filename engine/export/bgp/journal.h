// The journal of the announcer: which routes stand, so that after a crash none is forgotten.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/export/bgp/reconciler.h"

namespace floodgauge {

/// One file, which is written aside, synchronised to the disk and renamed. A route is written
/// before it is announced and removed after it is withdrawn, so that the file holds at least what
/// stands.
class Journal {
 public:
  explicit Journal(std::string path) : path_(std::move(path)) {}

  struct Loaded {
    std::vector<StandingRoute> routes;
    std::string wrong;  ///< the file is there and cannot be used: it was set aside, and why
  };
  /// What an earlier run left. A file that is missing is an empty one. A file that cannot be read
  /// or understood is renamed to `path`.bad.
  Loaded load() const;
  /// Returns what is wrong, or an empty text.
  std::string save(const std::vector<StandingRoute>& routes) const;

 private:
  std::string path_;
};

}  // namespace floodgauge
