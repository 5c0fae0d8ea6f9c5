// Files of prefixes: one a line, with comments that begin with #. `protect[].file`,
// `--protect-file` and FastNetMon's lists of networks have this form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/loader.h"
#include "engine/base/address.h"

namespace floodgauge {

/// The prefix in `text`, without host bits. Sets `problem` when it is none, or has host bits set.
std::optional<IpPrefix> parse_prefix(const std::string& text, std::string& problem);

struct PrefixLine {
  IpPrefix prefix;
  TextPosition position;
};

struct PrefixFile {
  std::vector<PrefixLine> prefixes;  ///< as written, doubles included
  std::vector<ConfigError> errors;   ///< at most 1000
};

/// Reads at most 64 MiB and a million prefixes. Accepts LF and CRLF, and a byte order mark. `key`
/// is the key that errors name. A file without a prefix is an error.
PrefixFile read_prefix_file(const std::string& path, const std::string& key);

}  // namespace floodgauge
