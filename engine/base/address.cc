#include "engine/base/address.h"

#include <algorithm>

namespace floodgauge {
namespace {

constexpr std::size_t kGroups = 8;  // of 16 bits in an IPv6 address

/// Parses a decimal number of at most `digits` digits without leading zeros.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::size_t digits) {
  if (text.empty() || text.size() > digits || (text.size() > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value;
}

std::optional<std::uint32_t> parse_quad(std::string_view text) {
  std::uint32_t value = 0;
  for (int octet = 0; octet < 4; ++octet) {
    const std::size_t end = octet < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    const auto number = parse_decimal(text.substr(0, end), 3);
    if (!number || *number > 255) return std::nullopt;
    value = value << 8 | *number;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<unsigned>(digit);
  }
  return static_cast<std::uint16_t>(value);
}

/// The groups on one side of "::", or of the whole address.
struct GroupList {
  std::array<std::uint16_t, kGroups> groups{};
  std::size_t count = 0;
};

/// Parses groups with ':' between them. `quad_allowed`: the text is the end of the address, so that
/// a dotted quad may stand for the last two groups.
std::optional<GroupList> parse_groups(std::string_view text, bool quad_allowed) {
  GroupList list;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && quad_allowed && part.find('.') != std::string_view::npos) {
      const auto quad = parse_quad(part);
      if (!quad || list.count + 2 > kGroups) return std::nullopt;
      list.groups[list.count++] = static_cast<std::uint16_t>(*quad >> 16);
      list.groups[list.count++] = static_cast<std::uint16_t>(*quad & 0xffff);
      return list;
    }
    const auto group = parse_group(part);
    if (!group || list.count == kGroups) return std::nullopt;
    list.groups[list.count++] = *group;
    if (last) return list;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // a ':' at the end
  }
  return list;
}

IpAddress from_groups(const std::array<std::uint16_t, kGroups>& groups) {
  IpAddress address;
  for (std::size_t i = 0; i < kGroups; ++i) {
    address.bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    address.bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  return address;
}

/// RFC 4291, section 2.2.
std::optional<IpAddress> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto list = parse_groups(text, true);
    if (!list || list->count != kGroups) return std::nullopt;
    return from_groups(list->groups);
  }
  const auto head = parse_groups(text.substr(0, gap), false);
  const auto tail = parse_groups(text.substr(gap + 2), true);
  // "::" stands for one group or more.
  if (!head || !tail || head->count + tail->count >= kGroups) return std::nullopt;
  std::array<std::uint16_t, kGroups> groups = head->groups;
  std::copy_n(tail->groups.begin(), tail->count, groups.end() - static_cast<int>(tail->count));
  return from_groups(groups);
}

void append_decimal(std::string& out, unsigned value) {
  if (value >= 100) out.push_back(static_cast<char>('0' + value / 100));
  if (value >= 10) out.push_back(static_cast<char>('0' + value / 10 % 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

void append_group(std::string& out, unsigned group) {
  bool begun = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = group >> shift & 0xf;
    begun = begun || digit != 0 || shift == 0;
    if (begun) out.push_back("0123456789abcdef"[digit]);
  }
}

struct ZeroRun {
  std::size_t begin = kGroups;
  std::size_t length = 0;
};

/// The run that RFC 5952, section 4.2 shortens to "::": the longest of at least two groups, the
/// first of equals.
ZeroRun longest_zero_run(const std::array<unsigned, kGroups>& groups) {
  ZeroRun best;
  for (std::size_t i = 0; i < kGroups;) {
    std::size_t end = i;
    while (end < kGroups && groups[end] == 0) ++end;
    if (end - i >= 2 && end - i > best.length) best = {i, end - i};
    i = end + 1;
  }
  return best;
}

std::string text_v6(const IpAddress& address) {
  std::array<unsigned, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    groups[i] = static_cast<unsigned>(address.bytes[2 * i] << 8 | address.bytes[2 * i + 1]);
  }
  const ZeroRun run = longest_zero_run(groups);
  std::string out;
  out.reserve(39);
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == run.begin) {
      out += "::";
      i += run.length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out.push_back(':');
    append_group(out, groups[i]);
  }
  return out;
}

/// An address and a length on its own version's scale, before host bits are cleared.
struct PrefixText {
  IpAddress address;
  std::uint8_t length;
};

std::optional<PrefixText> parse_prefix_text(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) {
    return PrefixText{*address, IpPrefix::host(*address).length};
  }
  const auto length = parse_decimal(text.substr(slash + 1), 3);
  const bool written_as_v6 = text.substr(0, slash).find(':') != std::string_view::npos;
  if (!length || *length > (written_as_v6 ? 128u : 32u)) return std::nullopt;
  return PrefixText{*address, static_cast<std::uint8_t>(*length)};
}

/// Clears all but the first `bits` bits.
IpAddress masked(const IpAddress& address, unsigned bits) {
  IpAddress result;
  const std::size_t whole = bits / 8;
  std::copy_n(address.bytes.begin(), whole, result.bytes.begin());
  if (bits % 8 != 0) {
    result.bytes[whole] = static_cast<std::uint8_t>(address.bytes[whole] & (0xff00u >> bits % 8));
  }
  return result;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return parse_v6(text);
  const auto quad = parse_quad(text);
  if (!quad) return std::nullopt;
  return from_v4(*quad);
}

std::string IpAddress::text() const {
  if (!is_v4()) return text_v6(*this);
  std::string out;
  out.reserve(15);
  for (std::size_t i = 12; i < 16; ++i) {
    if (i > 12) out.push_back('.');
    append_decimal(out, bytes[i]);
  }
  return out;
}

IpPrefix IpPrefix::host(const IpAddress& address) {
  const bool v6 = !address.is_v4();
  return {address, static_cast<std::uint8_t>(v6 ? 128 : 32), v6};
}

IpPrefix IpPrefix::around(const IpAddress& address, std::uint8_t length) {
  IpPrefix prefix = host(address);
  prefix.length = std::min(prefix.length, length);
  prefix.address = masked(address, prefix.v6 ? prefix.length : prefix.length + 96u);
  return prefix;
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto parsed = parse_prefix_text(text);
  if (!parsed) return std::nullopt;
  const bool written_as_v6 = text.find(':') != std::string_view::npos;
  if (!written_as_v6 || !parsed->address.is_v4()) return around(parsed->address, parsed->length);
  if (text.find('/') == std::string_view::npos) return host(parsed->address);
  // An IPv4-mapped address in IPv6 text: its length counts from the left of all 128 bits.
  if (parsed->length >= 96) {
    return around(parsed->address, static_cast<std::uint8_t>(parsed->length - 96));
  }
  return IpPrefix{masked(parsed->address, parsed->length), parsed->length, true};
}

bool IpPrefix::text_has_host_bits(std::string_view text) {
  const auto prefix = parse(text);
  const auto address = IpAddress::parse(text.substr(0, text.find('/')));
  return prefix && address && prefix->address != *address;
}

bool IpPrefix::contains(const IpAddress& other) const {
  if (v6 == other.is_v4()) return false;
  return masked(other, v6 ? length : length + 96u) == address;
}

std::string IpPrefix::text() const {
  std::string out = address.text();
  out.push_back('/');
  append_decimal(out, length);
  return out;
}

}  // namespace floodgauge
