#include "config/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <vector>

#include "config/plain_text.h"

namespace floodgauge {
namespace {

/// A rate's unit: 10^exponent a second.
struct RateUnit {
  std::string_view name;
  int exponent;
};
constexpr RateUnit kPacketUnits[] = {{"pps", 0}, {"kpps", 3}, {"Mpps", 6}};
constexpr RateUnit kEventUnits[] = {{"ps", 0}, {"kps", 3}, {"Mps", 6}};
constexpr RateUnit kBitUnits[] = {{"bps", 0}, {"kbps", 3}, {"Mbps", 6}, {"Gbps", 9}, {"Tbps", 12}};

/// A unit that is a whole number of nanoseconds or bytes, smallest first.
struct WholeUnit {
  std::string_view name;
  std::uint64_t scale;
};
constexpr WholeUnit kDurationUnits[] = {
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
};
constexpr WholeUnit kSizeUnits[] = {
    {"B", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};

std::span<const RateUnit> units_of(RateKind kind) {
  if (kind == RateKind::bits) return kBitUnits;
  if (kind == RateKind::events) return kEventUnits;
  return kPacketUnits;
}

/// The parts of a text such as "1.5 kpps", without the blanks between them. `number` is empty when
/// there is none.
struct NumberAndUnit {
  std::string_view number;
  std::string_view unit;
};

NumberAndUnit split(std::string_view text) {
  const auto digits = [&text](std::size_t from) {
    std::size_t end = from;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    return end;
  };
  std::size_t end = digits(0);
  if (end > 0 && end + 1 < text.size() && text[end] == '.' && digits(end + 1) > end + 1) {
    end = digits(end + 1);
  }
  if (end == 0) return {{}, text};
  std::string_view unit = text.substr(end);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  return {text.substr(0, end), unit};
}

/// "a, b or c"
template <class Unit>
std::string names_of(std::span<const Unit> units) {
  std::string out;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (i > 0) out += i + 1 < units.size() ? ", " : " or ";
    out += units[i].name;
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// The unit that was probably meant: one that differs only in case, or whose prefix alone was
/// written
/// ("k").
template <class Unit>
const Unit* unit_meant(std::string_view written, std::span<const Unit> units) {
  for (const auto& unit : units) {
    if (lower(unit.name) == lower(written)) return &unit;
  }
  for (const auto& unit : units) {
    if (written.size() == 1 && unit.name.size() > 1 &&
        lower(unit.name).front() == lower(written).front()) {
      return &unit;
    }
  }
  return nullptr;
}

/// The error message for a text whose unit is not one of `units`.
template <class Unit>
std::string unit_problem(std::string_view text, const NumberAndUnit& parts,
                         std::span<const Unit> units, std::string_view usual_unit) {
  const std::string shown = printable(text);
  if (parts.number.empty()) {
    return shown + " is not a number with a unit; write one with " + names_of(units);
  }
  const std::string number = printable(parts.number);
  if (parts.unit.empty()) {
    return shown + " has no unit; write " + number + std::string(usual_unit);
  }
  if (const Unit* meant = unit_meant(parts.unit, units)) {
    const char* wrong =
        parts.unit.size() == 1 ? " has no unit; write " : " has an unknown unit; write ";
    return shown + wrong + number + std::string(meant->name);
  }
  return shown + " has an unknown unit; write " + names_of(units);
}

/// number * scale, if that is a whole number that fits in 63 bits.
std::optional<std::uint64_t> scaled(std::string_view number, std::uint64_t scale) {
  // With more than 20 digits after the point (without trailing zeros) no unit gives a whole number.
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string_view fraction = number.substr(std::min(point + 1, number.size()));
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  const auto whole = parse_count(number.substr(0, point));
  if (!whole || fraction.size() > 18) return std::nullopt;
  std::uint64_t denominator = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) denominator *= 10;
  const std::uint64_t numerator = fraction.empty() ? 0 : parse_count(fraction).value_or(0);
  using Wide = unsigned __int128;
  const Wide part = static_cast<Wide>(numerator) * scale;
  if (part % denominator != 0) return std::nullopt;
  const Wide total = static_cast<Wide>(*whole) * scale + part / denominator;
  if (total > static_cast<Wide>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return static_cast<std::uint64_t>(total);
}

Parsed<std::uint64_t> parse_whole(std::string_view text, std::span<const WholeUnit> units,
                                  std::string_view usual_unit) {
  const NumberAndUnit parts = split(text);
  const auto unit = std::find_if(units.begin(), units.end(),
                                 [&parts](const auto& u) { return u.name == parts.unit; });
  if (parts.number.empty() || unit == units.end()) {
    return {std::nullopt, unit_problem(text, parts, units, usual_unit)};
  }
  if (const auto value = scaled(parts.number, unit->scale)) return {*value, ""};
  return {std::nullopt, printable(text) + " is too large, or no whole number of " +
                            std::string(units.front().name) + "; write it in another unit"};
}

std::string whole_text(std::uint64_t value, std::span<const WholeUnit> units) {
  const WholeUnit* best = &units.front();
  for (const auto& unit : units) {
    if (value != 0 && value % unit.scale == 0) best = &unit;
  }
  return std::to_string(value / best->scale) + std::string(best->name);
}

/// digits * 10^exponent as text without an exponent. `digits` is "d" or "d.ddd".
std::string shifted(std::string_view digits, int exponent) {
  std::string all(digits.substr(0, 1));
  if (digits.size() > 2) all += digits.substr(2);
  const int point = 1 + exponent;  // digits before the point
  if (point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + all;
  const auto before = static_cast<std::size_t>(point);
  if (all.size() <= before) return all + std::string(before - all.size(), '0');
  return all.substr(0, before) + "." + all.substr(before);
}

/// The shortest digits and the decimal exponent that parse to `value`.
struct Scientific {
  std::string digits;  ///< "d" or "d.ddd"
  int exponent = 0;
};

Scientific scientific(double value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  if (e == std::string_view::npos) return {"0", 0};
  Scientific result{std::string(text.substr(0, e)), 0};
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), result.exponent);
  return result;
}

/// number * 10^exponent, correctly rounded.
std::optional<double> parse_shifted(std::string_view number, int exponent) {
  const std::string text = std::string(number) + "e" + std::to_string(exponent);
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Parsed<double> parse_rate(std::string_view text, RateKind kind) {
  const NumberAndUnit parts = split(text);
  std::vector<RateUnit> known(units_of(kind).begin(), units_of(kind).end());
  if (kind == RateKind::events) {
    known.insert(known.end(), std::begin(kPacketUnits), std::end(kPacketUnits));
  }
  const auto unit = std::find_if(known.begin(), known.end(),
                                 [&parts](const auto& u) { return u.name == parts.unit; });
  if (parts.number.empty() || unit == known.end()) {
    return {std::nullopt, unit_problem(text, parts, units_of(kind), units_of(kind).front().name)};
  }
  if (const auto value = parse_shifted(parts.number, unit->exponent)) return {*value, ""};
  return {std::nullopt, printable(text) + " is out of range; write " + names_of(units_of(kind))};
}

Parsed<Nanoseconds> parse_duration(std::string_view text, std::string_view usual_unit) {
  const auto parsed = parse_whole(text, kDurationUnits, usual_unit);
  if (!parsed.value) return {std::nullopt, parsed.problem};
  return {Nanoseconds{static_cast<std::int64_t>(*parsed.value)}, ""};
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  return parse_whole(text, kSizeUnits, "B");
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_decimal(std::string_view text) {
  const NumberAndUnit parts = split(text);
  if (parts.number.empty() || parts.number.size() != text.size()) return std::nullopt;
  return parse_shifted(parts.number, 0);
}

std::string rate_text(double per_second, RateKind kind) {
  const Scientific number = scientific(per_second);
  const RateUnit* best = &units_of(kind).front();
  for (const auto& unit : units_of(kind)) {
    if (per_second > 0 && number.exponent >= unit.exponent) best = &unit;
  }
  return shifted(number.digits, number.exponent - best->exponent) + std::string(best->name);
}

std::string duration_text(Nanoseconds span) {
  if (span.count == 0) return "0s";
  return whole_text(static_cast<std::uint64_t>(span.count), kDurationUnits);
}

std::string size_text(std::uint64_t bytes) {
  return whole_text(bytes, kSizeUnits);
}

std::string decimal_text(double value) {
  const Scientific number = scientific(value);
  return shifted(number.digits, number.exponent);
}

}  // namespace floodgauge
