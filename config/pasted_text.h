// Two things in a configuration that YAML reads otherwise than its author: blanks that are none,
// which web pages and word processors put in, and IPv6 addresses in brackets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/yaml_tree.h"

namespace floodgauge {

/// The first character outside of comments and quotes that looks like a blank, or like nothing, and
/// is none for YAML: U+00A0, U+200B and their like. `text` is UTF-8.
std::optional<YamlFault> find_hidden_blank(std::string_view text);

/// The text with quotes around `[::]:9733` where it is the value of `listen`: YAML reads the
/// brackets as a list. Columns after it in the same line grow by two.
std::string quote_listen_addresses(std::string_view text);

}  // namespace floodgauge
