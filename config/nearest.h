// Finds the known word that a misspelt word most likely stands for.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace floodgauge {

/// The number of insertions, deletions, substitutions and swaps of neighbours that turn `b` into
/// `a` (optimal string alignment distance).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The word of `known` with the least distance, which may be up to a third of its length and at
/// least 1; empty when no word is that near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// "a, b or c"
std::string alternatives(std::span<const std::string_view> words);

}  // namespace floodgauge
