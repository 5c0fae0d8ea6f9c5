// Parses text as an address and as a prefix. What is accepted must print as text that parses to the
// same value.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/base/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using floodgauge::IpAddress;
  using floodgauge::IpPrefix;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto address = IpAddress::parse(text);
  if (address && IpAddress::parse(address->text()) != address) std::abort();
  const auto prefix = IpPrefix::parse(text);
  if (prefix && IpPrefix::parse(prefix->text()) != prefix) std::abort();
  if (address && !prefix) std::abort();
  return 0;
}
