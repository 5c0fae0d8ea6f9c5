// The known word that a misspelt one was meant to be.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace floodgauge {

/// Insertions, deletions, substitutions and swaps of neighbours that make `a` of `b` (optimal
/// string alignment distance).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known` within a third of its length (one edit at least); empty when none is.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// "a, b or c"
std::string alternatives(std::span<const std::string_view> words);

}  // namespace floodgauge
