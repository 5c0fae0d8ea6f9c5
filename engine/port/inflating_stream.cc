#include "engine/port/inflating_stream.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "engine/port/frame_streams.h"
#include "engine/port/gzip_stream.h"

namespace floodgauge {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  Compression compression;
};
constexpr std::array kMagics = {
    Magic{"\x1f\x8b"sv, Compression::gzip},                // RFC 1952, section 2.3.1
    Magic{"\x28\xb5\x2f\xfd"sv, Compression::zstd},        // RFC 8878, section 3.1.1
    Magic{"\xfd\x37\x7a\x58\x5a\x00"sv, Compression::xz},  // The .xz File Format, section 2.1.1.1
    Magic{"\x04\x22\x4d\x18"sv, Compression::lz4},         // LZ4 Frame Format, "Magic Number"
};

}  // namespace

Compression compression_of(std::span<const std::uint8_t> begin) {
  const std::string_view bytes(reinterpret_cast<const char*>(begin.data()), begin.size());
  const auto* found = std::find_if(kMagics.begin(), kMagics.end(), [&](const Magic& magic) {
    return bytes.starts_with(magic.bytes);
  });
  return found == kMagics.end() ? Compression::none : found->compression;
}

std::unique_ptr<InflatingStream> inflating(Compression compression, PullBytes compressed) {
  switch (compression) {
    case Compression::gzip:
      return std::make_unique<GzipStream>(std::move(compressed));
    case Compression::zstd:
      return std::make_unique<ZstdStream>(std::move(compressed));
    case Compression::xz:
      return std::make_unique<XzStream>(std::move(compressed));
    case Compression::lz4:
      return std::make_unique<Lz4Stream>(std::move(compressed));
    case Compression::none:
      break;
  }
  throw std::logic_error("a stream that is not compressed");
}

}  // namespace floodgauge
