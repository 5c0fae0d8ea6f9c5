// Parses any bytes as an HTTP request. A request that is accepted is within the size limit, and its
// path has no line break that could end a line of a response.
#include <cstdlib>

#include "engine/base/base64.h"
#include "engine/export/http/http_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const floodgauge::ParsedRequest parsed = floodgauge::parse_request(bytes);
  if (std::holds_alternative<floodgauge::Incomplete>(parsed) && size >= floodgauge::kMaxRequestHead)
    std::abort();
  if (const auto* request = std::get_if<floodgauge::HttpRequest>(&parsed)) {
    if (!request->path.starts_with('/')) std::abort();
    if (request->path.find_first_of("\r\n") != std::string::npos) std::abort();
    std::string decoded;
    floodgauge::base64_decode(request->authorization, decoded);
  }
  if (const auto* refusal = std::get_if<floodgauge::HttpResponse>(&parsed)) {
    if (refusal->status < 400) std::abort();
  }
  return 0;
}
