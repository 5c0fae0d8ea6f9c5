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
using LearntServices = std::map<IpPrefix, PrefixSeasons>;

/// Larger files are refused. 4,096 prefixes that have seen all classes in all hours of the week
/// take 380 MiB.
inline constexpr std::size_t kMaxBaselineFileBytes = std::size_t{448} << 20;

/// Makes the text of a file (`schema` floodgauge.baseline/1), prefix by prefix. A prefix takes up
/// to some milliseconds.
class BaselineText {
 public:
  void add(const IpPrefix& prefix, const PrefixBaseline& learnt);
  /// The member `services` of the file, which versions before it skip.
  void add(const IpPrefix& prefix, const PrefixSeasons& seasons);
  std::string text() const;

 private:
  std::string prefixes_;  ///< the members of the object `prefixes`
  std::string services_;  ///< the members of the object `services`
};

/// Returns false when the text is not of that form: `error` then says why, and `learnt` and
/// `services`, which may be null, are unchanged.
bool parse_baseline(std::string_view text, LearntBaselines& learnt, std::string& error,
                    LearntServices* services = nullptr);

/// Returns nothing learnt when there is no file. A damaged file is renamed to PATH.damaged and
/// reported in `warning`; learning then starts again.
LearntBaselines load_baseline(const std::string& path, std::string& warning,
                              LearntServices* services = nullptr);

}  // namespace floodgauge
