#include "engine/classify/http_requests.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <string_view>

#include "engine/classify/classify.h"
#include "engine/classify/first_bytes.h"

namespace floodgauge {
namespace {

using namespace std::string_view_literals;

/// A request line ends with it and a digit (RFC 9112, section 3). In a response's first line, no
/// blank stands before it.
constexpr std::string_view kLineEnd = " HTTP/1.";
constexpr std::string_view kBlankLine = "\r\n\r\n";
/// Methods whose requests have no body.
constexpr std::string_view kWithoutBody[] = {"GET "sv, "HEAD"sv, "OPTI"sv, "DELE"sv, "TRAC"sv};
constexpr std::string_view kMethods[] = {"GET "sv,   "POST "sv,    "HEAD "sv,
                                         "PUT "sv,   "OPTIONS "sv, "DELETE "sv,
                                         "PATCH "sv, "CONNECT "sv, "TRACE "sv};

std::string_view text_of(Payload payload) {
  return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

/// The request lines that end in a segment.
struct RequestLines {
  std::uint32_t count = 0;
  bool first_is_cut = false;  ///< the first one began in an earlier segment
};

/// Whether a request begins at `at`: with a method, after the blank line that ends the one before.
/// Of that line, only the last bytes may be in this segment.
bool begins_after_blank_line(std::string_view text, std::size_t at) {
  const auto begins = [&](std::string_view method) { return text.substr(at).starts_with(method); };
  if (!std::ranges::any_of(kMethods, begins)) return false;
  const std::string_view before = text.substr(0, at);
  return before.size() < kBlankLine.size() ? kBlankLine.ends_with(before)
                                           : before.ends_with(kBlankLine);
}

/// Where kLineEnd begins at `from` or after it, or npos.
std::size_t find_line_end(std::string_view text, std::size_t from) {
  constexpr std::size_t kBlock = sizeof(__m128i);
  const __m128i first = _mm_set1_epi8(kLineEnd[0]);
  const __m128i second = _mm_set1_epi8(kLineEnd[1]);
  for (; from + kBlock + 1 <= text.size(); from += kBlock) {
    const auto load = [&](std::size_t at) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    };
    const __m128i both =
        _mm_and_si128(_mm_cmpeq_epi8(load(from), first), _mm_cmpeq_epi8(load(from + 1), second));
    for (auto found = static_cast<unsigned>(_mm_movemask_epi8(both)); found != 0;
         found &= found - 1) {
      const std::size_t at = from + static_cast<unsigned>(std::countr_zero(found));
      if (text.substr(at).starts_with(kLineEnd)) return at;
    }
  }
  return text.find(kLineEnd, from);
}

RequestLines count_lines(std::string_view text) {
  RequestLines lines;
  std::size_t from = 0;  // after the last line that was found
  while (from < text.size()) {
    const std::size_t end = find_line_end(text, from);
    if (end == std::string_view::npos) break;
    const std::size_t newline = text.substr(from, end - from).rfind('\n');
    const std::size_t begin = newline == std::string_view::npos ? from : from + newline + 1;
    const bool first = begin == 0;
    if (first || (newline != std::string_view::npos && begins_after_blank_line(text, begin))) {
      ++lines.count;
      lines.first_is_cut = lines.first_is_cut || first;
    }
    from = end + kLineEnd.size();
  }
  return lines;
}

/// Whether more of a request is to follow, as far as the segment's end tells. Bodies are not looked
/// at: they may be uploads.
bool goes_on(std::string_view text, bool begins, std::uint32_t lines) {
  if (lines >= 2) return true;
  if (text.ends_with(kBlankLine)) return false;
  return !begins || lines == 0 || std::ranges::any_of(kWithoutBody, [&](std::string_view method) {
    return text.starts_with(method);
  });
}

}  // namespace

bool is_http_request(Payload payload) {
  if (payload.size() < 5 || !may_begin_request(payload[0])) return false;
  switch (first_four(payload)) {
    case word_of("GET "):
    case word_of("POST"):
    case word_of("HEAD"):
    case word_of("PUT "):
    case word_of("OPTI"):
    case word_of("DELE"):
    case word_of("PATC"):
    case word_of("CONN"):
    case word_of("TRAC"):
      return true;
    default:
      return false;
  }
}

HttpRequests count_http_requests(Payload payload, bool begins, std::uint8_t before) {
  const std::string_view text = text_of(payload);
  const RequestLines lines = count_lines(text);
  if (begins && lines.count == 0) return {1, kRequestsGoOn | kLineCounted};
  const bool counted = !begins && (before & kLineCounted) != 0;
  const bool again = counted && lines.first_is_cut;
  HttpRequests found{.requests = lines.count - (again ? 1u : 0u)};
  if (goes_on(text, begins, lines.count)) found.state = kRequestsGoOn;
  if (counted && !again && lines.count == 0) found.state |= kLineCounted;
  return found;
}

bool is_cut_request(Payload payload) {
  const std::string_view text = text_of(payload);
  return !text.empty() && text.size() < 5 &&
         std::ranges::any_of(kMethods,
                             [&](std::string_view method) { return method.starts_with(text); });
}

bool is_cut_hello(Payload payload) {
  return !payload.empty() && payload.size() < 6 && payload[0] == 22 &&
         (payload.size() < 2 || payload[1] == 3);
}

}  // namespace floodgauge
