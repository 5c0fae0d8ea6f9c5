// Values of a request's query.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "engine/export/http/http_message.h"

namespace floodgauge {

/// Empty when the request has none.
inline std::string query_value(const HttpRequest& request, const char* key) {
  const auto at = request.query.find(key);
  return at == request.query.end() ? "" : at->second;
}

/// Fills `number`. False when the text is no whole number from `least` to `most`; then the number
/// is not to be used.
template <typename Number>
bool read_number(std::string_view text, Number least, Number most, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && number >= least && number <= most;
}

}  // namespace floodgauge
