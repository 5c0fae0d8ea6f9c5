// A FlowSpec rule (RFC 8955; RFC 8956 for IPv6) in the text form of ExaBGP, which incidents carry:
// "flow route { match { destination 198.51.100.7/32; protocol =17; } then { discard; } }".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/address.h"

namespace floodgauge {

/// One component of a match, such as {"destination-port", "=53"}. Several values are separated by
/// blanks, within [ ] or not; any of them matches.
struct FlowMatch {
  std::string key;
  std::vector<std::string> values;
  bool operator==(const FlowMatch&) const = default;
};

struct FlowRule {
  std::vector<FlowMatch> matches;
  std::string action;  ///< "discard", or "rate-limit" with bytes a second in `rate`
  std::string rate;    ///< digits; empty without rate-limit

  /// Nothing when the text is not such a rule, has a component or an action that is not known here,
  /// or a value with other characters than numbers, prefixes and flags have. The text comes over
  /// the network and ends up in commands of a speaker.
  static std::optional<FlowRule> parse(std::string_view text);

  /// The prefix of the component "destination" or "source"; nothing without one.
  std::optional<IpPrefix> prefix(std::string_view key) const;
  /// The text form of ExaBGP.
  std::string text() const;
};

}  // namespace floodgauge
