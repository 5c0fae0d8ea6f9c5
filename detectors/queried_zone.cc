#include "detectors/queried_zone.h"

#include <cstdio>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace floodgauge {
namespace {

constexpr std::size_t kMostLabels = 30;  // two bytes each, within SampledName::labels

/// The labels of a name from the last to the first, in lower case (RFC 4343).
class Labels {
 public:
  explicit Labels(const SampledName& name) : cut_(name.cut) {
    std::size_t at = 0;
    std::vector<std::string> first;
    while (at < name.bytes && first.size() < kMostLabels) {
      const std::size_t length = name.labels[at];
      if (at + 1 + length > name.bytes) break;
      std::string label(reinterpret_cast<const char*>(name.labels.data()) + at + 1, length);
      for (char& letter : label) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
      }
      first.push_back(std::move(label));
      at += 1 + length;
    }
    labels_.assign(first.rbegin(), first.rend());
  }
  /// The label below the last `depth` ones; nullptr when the name ends there.
  const std::string* below(std::size_t depth) const {
    return depth < labels_.size() ? &labels_[depth] : nullptr;
  }
  bool is_cut() const { return cut_; }

 private:
  std::vector<std::string> labels_;
  bool cut_;
};

/// As master files and `dig` show it: what is no plain character is told by its number.
std::string shown(std::string_view label) {
  std::string text;
  for (const char letter : label) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain =
        (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
    if (plain) {
      text += letter;
      continue;
    }
    char number[8];
    std::snprintf(number, sizeof number, "\\%03u", static_cast<unsigned>(byte));
    text += number;
  }
  return text;
}

/// The label that most of the names have next, and how many have it.
std::pair<std::string, std::size_t> most_frequent(const std::vector<const Labels*>& names,
                                                  std::size_t depth) {
  std::map<std::string_view, std::size_t> counts;
  for (const Labels* name : names) {
    if (const std::string* const label = name->below(depth)) ++counts[*label];
  }
  std::pair<std::string, std::size_t> most;
  for (const auto& [label, count] : counts) {
    if (count > most.second) most = {std::string(label), count};
  }
  return most;
}

/// How many different labels the names have next. Of labels that were cut off, each counts.
std::size_t distinct(const std::vector<const Labels*>& names, std::size_t depth) {
  std::set<std::string_view> seen;
  std::size_t cut = 0;
  for (const Labels* name : names) {
    const std::string* const label = name->below(depth);
    if (label != nullptr) {
      seen.insert(*label);
    } else {
      cut += name->is_cut();
    }
  }
  return seen.size() + cut;
}

}  // namespace

void QueriedZone::add(const SampledName& name) {
  if (names_.size() < kMost) {
    names_.push_back(name);
  } else {
    names_[next_] = name;
    next_ = (next_ + 1) % kMost;
  }
}

QueriedZone::Found QueriedZone::find() const {
  Found found;
  found.names = names_.size();
  if (names_.size() < kLeast) return found;
  std::vector<Labels> all(names_.begin(), names_.end());
  std::vector<const Labels*> in_zone;
  for (const Labels& name : all) in_zone.push_back(&name);
  const auto total = static_cast<double>(all.size());
  std::string zone;
  std::size_t depth = 0;
  for (;;) {
    const auto [label, count] = most_frequent(in_zone, depth);
    if (static_cast<double>(count) < kShare * total) break;
    std::erase_if(in_zone, [&label = label, depth](const Labels* name) {
      const std::string* const next = name->below(depth);
      return next == nullptr || *next != label;
    });
    zone = zone.empty() ? shown(label) : shown(label) + "." + zone;
    ++depth;
  }
  const auto members = static_cast<double>(in_zone.size());
  if (depth == 0 || (depth == 1 && members < kShareOfOneLabel * total)) return found;
  if (static_cast<double>(distinct(in_zone, depth)) < kDistinct * members) return found;
  found.zone = std::move(zone);
  found.share = members / total;
  return found;
}

}  // namespace floodgauge
