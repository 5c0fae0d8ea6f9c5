// The kinds of single values: how each is read, printed and described. Bounds are template
// arguments, so that the check, the message and the README use the same ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"
#include "config/nearest.h"
#include "config/plain_text.h"
#include "config/quantity.h"

namespace floodgauge {

/// Adds write() and describe() to a Kind whose value is one scalar. Derived::text(value) is its
/// text, or empty when the key is left out.
template <class Derived>
struct ScalarKind {
  template <class T>
  static void write(YamlWriter& writer, std::string_view key, const T& value) {
    if (const std::optional<std::string> text = Derived::text(value)) writer.scalar(key, *text);
  }
  template <class T>
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const T& defaults) {
    rows.push_back({key, Derived::allowed(), Derived::text(defaults).value_or("")});
  }
};

/// The number in a scalar. Reports an error when it is no number or outside the bounds; `allowed`
/// is the advice in that message.
std::optional<std::uint64_t> read_count(Reader& reader, const YamlNode& node, const KeyPath& path,
                                        std::uint64_t low, std::uint64_t high,
                                        const std::string& allowed);
std::optional<double> read_decimal(Reader& reader, const YamlNode& node, const KeyPath& path,
                                   double low, double high, const std::string& allowed);
std::optional<Nanoseconds> read_duration(Reader& reader, const YamlNode& node, const KeyPath& path,
                                         Nanoseconds low, Nanoseconds high,
                                         const std::string& allowed);
std::optional<std::uint64_t> read_size(Reader& reader, const YamlNode& node, const KeyPath& path,
                                       std::uint64_t low, std::uint64_t high,
                                       const std::string& allowed);
/// Reads "none" as an empty rate.
void read_rate(Reader& reader, const YamlNode& node, const KeyPath& path, RateKind kind,
               std::optional<double>& out);
std::string rate_allowed(RateKind kind);
std::string rate_or_none_text(const std::optional<double>& rate, RateKind kind);
void read_prefixes(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<IpPrefix>& out, bool each_once);

/// A whole number. With a `word`, that word may be written in its place and is stored as 0.
struct NoWord {
  static constexpr std::string_view word{};
};
struct AutoWord {
  static constexpr std::string_view word = "auto";
};
template <std::uint64_t low, std::uint64_t high, class Word = NoWord>
struct Count : ScalarKind<Count<low, high, Word>> {
  template <class T>
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, T& out) {
    static_assert(high <= std::numeric_limits<T>::max());
    if (!Word::word.empty() && node.text == Word::word) {
      out = 0;
    } else if (const auto value = read_count(reader, node, path, low, high, allowed())) {
      out = static_cast<T>(*value);
    }
  }
  template <class T>
  static std::optional<std::string> text(const T& value) {
    if (!Word::word.empty() && value == 0) return std::string(Word::word);
    return std::to_string(value);
  }
  static std::string allowed() {
    const std::string range = std::to_string(low) + " to " + std::to_string(high);
    return Word::word.empty() ? range : std::string(Word::word) + " or " + range;
  }
};

/// Bytes between two bounds.
template <std::uint64_t low, std::uint64_t high>
struct Size : ScalarKind<Size<low, high>> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, std::uint64_t& out) {
    if (const auto value = read_size(reader, node, path, low, high, allowed())) out = *value;
  }
  static std::optional<std::string> text(std::uint64_t value) { return size_text(value); }
  static std::string allowed() { return size_text(low) + " to " + size_text(high); }
};

/// A span of time between two bounds in milliseconds.
template <std::int64_t low_ms, std::int64_t high_ms>
struct Duration : ScalarKind<Duration<low_ms, high_ms>> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, Nanoseconds& out) {
    const auto value =
        read_duration(reader, node, path, milliseconds(low_ms), milliseconds(high_ms), allowed());
    if (value) out = *value;
  }
  static std::optional<std::string> text(Nanoseconds value) { return duration_text(value); }
  static std::string allowed() {
    return duration_text(milliseconds(low_ms)) + " to " + duration_text(milliseconds(high_ms));
  }
};

/// A plain decimal number between two bounds in thousandths.
template <std::int64_t low_thousandths, std::int64_t high_thousandths>
struct Decimal : ScalarKind<Decimal<low_thousandths, high_thousandths>> {
  static constexpr double low = static_cast<double>(low_thousandths) / 1000;
  static constexpr double high = static_cast<double>(high_thousandths) / 1000;
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, double& out) {
    if (const auto value = read_decimal(reader, node, path, low, high, allowed())) out = *value;
  }
  static std::optional<std::string> text(double value) { return decimal_text(value); }
  static std::string allowed() { return decimal_text(low) + " to " + decimal_text(high); }
};

struct Flag : ScalarKind<Flag> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, bool& out);
  static std::optional<std::string> text(bool value) { return value ? "true" : "false"; }
  static std::string allowed() { return "true or false"; }
};

/// One of `names`, which are in the order of the enumerators.
template <const auto& names>
struct Choice : ScalarKind<Choice<names>> {
  template <class Enum>
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, Enum& out) {
    const auto* text = reader.scalar(node, path, allowed());
    if (!text) return;
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found == names.end()) {
      reader.error(node.position, path, printable(*text) + " is unknown; write " + allowed());
    } else {
      out = static_cast<Enum>(found - names.begin());
    }
  }
  template <class Enum>
  static std::optional<std::string> text(Enum value) {
    return std::string(names[static_cast<std::size_t>(value)]);
  }
  static std::string allowed() { return alternatives(names); }
};

/// Bits a second, or none.
struct BitRate : ScalarKind<BitRate> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::optional<double>& out) {
    read_rate(reader, node, path, RateKind::bits, out);
  }
  static std::optional<std::string> text(const std::optional<double>& value) {
    return rate_or_none_text(value, RateKind::bits);
  }
  static std::string allowed() { return rate_allowed(RateKind::bits); }
};

/// The seed of all random choices: a number, or the word random.
struct Seed : ScalarKind<Seed> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::optional<std::uint64_t>& out);
  static std::optional<std::string> text(const std::optional<std::uint64_t>& value) {
    return value ? std::to_string(*value) : "random";
  }
  static std::string allowed();
};

/// 0: leave it as it is, and the key out. The unit B may be written.
struct Mtu : ScalarKind<Mtu> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, std::uint32_t& out);
  static std::optional<std::string> text(std::uint32_t value);
  static std::string allowed();
};

/// One line of text of at most `most` bytes.
void read_line(Reader& reader, const YamlNode& node, const KeyPath& path, std::size_t most,
               const std::string& allowed, std::string& out);
template <std::size_t most>
struct Line : ScalarKind<Line<most>> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, std::string& out) {
    read_line(reader, node, path, most, allowed(), out);
  }
  static std::optional<std::string> text(const std::string& value) {
    if (value.empty()) return std::nullopt;
    return value;
  }
  static std::string allowed() { return "a text of at most " + std::to_string(most) + " bytes"; }
};
struct FilePath : Line<4096> {
  static std::string allowed() { return "a path"; }
  template <class T>
  static void describe(std::vector<KeyDescription>& rows, const std::string& key, const T&) {
    rows.push_back({key, allowed(), ""});
  }
};

/// The path of a file of prefixes. It is not printed: the effective configuration lists the
/// prefixes.
struct PrefixFilePath : FilePath {
  static void write(YamlWriter&, std::string_view, const std::string&) {}
};

/// A word that metrics and other keys refer to: letters, digits, '_', '-' and '.'.
struct Identifier : ScalarKind<Identifier> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, std::string& out);
  static std::optional<std::string> text(const std::string& value);
  static std::string allowed() { return "1 to 32 letters, digits, '_', '-' or '.'"; }
};

/// The address and port to listen on, or none.
struct ListenAddress : ScalarKind<ListenAddress> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, std::string& out);
  static std::optional<std::string> text(const std::string& value) {
    return value.empty() ? "none" : value;
  }
  static std::string allowed() { return "ADDRESS:PORT, [IPV6]:PORT or none"; }
};

/// A list of paths.
struct FilePaths {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<std::string>& out);
  static void write(YamlWriter& writer, std::string_view key,
                    const std::vector<std::string>& value);
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const std::vector<std::string>& defaults);
  static std::string allowed() { return "a list of paths"; }
};

/// Names of hosts, as in the Host field of HTTP: letters, digits, hyphens and dots.
struct HostNames {
  static constexpr std::size_t kMost = 32;
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<std::string>& out);
  static void write(YamlWriter& writer, std::string_view key,
                    const std::vector<std::string>& value);
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const std::vector<std::string>& /*defaults*/) {
    rows.push_back({key, allowed(), ""});
  }
  static std::string allowed() {
    return "a list of at most " + std::to_string(kMost) + " host names";
  }
};

/// A list of UDP ports, each once.
struct UdpPorts {
  static constexpr std::size_t kMost = 16;
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<std::uint16_t>& out);
  static void write(YamlWriter& writer, std::string_view key,
                    const std::vector<std::uint16_t>& value);
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const std::vector<std::uint16_t>& /*defaults*/) {
    rows.push_back({key, allowed(), ""});
  }
  static std::string allowed() {
    return "a list of at most " + std::to_string(kMost) + " UDP ports";
  }
};

struct Prefixes {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<IpPrefix>& out) {
    read_prefixes(reader, node, path, out, false);
  }
  static void write(YamlWriter& writer, std::string_view key, const std::vector<IpPrefix>& value);
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const std::vector<IpPrefix>& defaults);
  static std::string allowed() { return "a list of IPv4 and IPv6 prefixes"; }
};
/// At least one prefix. No prefix may be written twice in the whole file.
struct ProtectedPrefixes : Prefixes {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path,
                   std::vector<IpPrefix>& out) {
    read_prefixes(reader, node, path, out, true);
  }
};

/// The name of a profile, looked up once the whole file has been read.
struct ProfileName : Line<64> {
  static void read(Reader& reader, const YamlNode& node, const KeyPath& path, std::string& out);
  static std::string allowed() { return "a name under profiles"; }
  template <class T>
  static void describe(std::vector<KeyDescription>& rows, const std::string& key,
                       const T& defaults) {
    rows.push_back({key, allowed(), defaults});
  }
};

}  // namespace floodgauge
