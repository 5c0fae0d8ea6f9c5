// The file in which the learnt baselines are kept: one JSON object. It is read at start. It is
// written to a new file which then replaces the old one, so that a crash at any moment leaves
// either the old file or the new one.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "detectors/baseline.h"

namespace floodgauge {

using LearntBaselines = std::map<IpPrefix, PrefixBaseline>;

/// Larger files are refused. 4,096 prefixes that have seen all classes in all hours of the week
/// take 380 MiB.
inline constexpr std::size_t kMaxBaselineFileBytes = std::size_t{448} << 20;

/// Makes the text of a file (`schema` floodgauge.baseline/1), prefix by prefix. A prefix takes up
/// to some milliseconds.
class BaselineText {
 public:
  void add(const IpPrefix& prefix, const PrefixBaseline& learnt);
  std::string text() const;

 private:
  std::string prefixes_;  ///< the members of the object `prefixes`
};

/// Returns false when the text is not of that form: `error` then says why and `learnt` is
/// unchanged.
bool parse_baseline(std::string_view text, LearntBaselines& learnt, std::string& error);

/// Returns nothing learnt when there is no file. A damaged file is renamed to PATH.damaged and
/// reported in `warning`; learning then starts again.
LearntBaselines load_baseline(const std::string& path, std::string& warning);

}  // namespace floodgauge
