// What was learnt, in a file: JSON, one object. Read at start, written whole and exchanged at once,
// so that a crash at any moment leaves either the old one or the new one.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "detectors/baseline.h"

namespace floodgauge {

using LearntBaselines = std::map<IpPrefix, PrefixBaseline>;

/// Larger files are refused.
inline constexpr std::size_t kMaxBaselineFileBytes = std::size_t{1} << 28;

/// The text of a file (`schema` floodgauge.baseline/1), prefix by prefix.
class BaselineText {
 public:
  void add(const IpPrefix& prefix, const PrefixBaseline& learnt);
  std::string text() const;

 private:
  nlohmann::json prefixes_ = nlohmann::json::object();
};

/// False, and `error` says why, when the text is not of that form; `learnt` is then left as it is.
bool parse_baseline(std::string_view text, LearntBaselines& learnt, std::string& error);

/// Writes beside `path` first, then exchanges. Returns what went wrong, or nothing.
std::string save_baseline(const std::string& path, const std::string& text);
/// A file that is not there has nothing learnt. One that is damaged is set aside as PATH.damaged
/// and reported in `warning`; learning then begins anew.
LearntBaselines load_baseline(const std::string& path, std::string& warning);

}  // namespace floodgauge
