// A compressed stream that is inflated while it is read, whatever compressed it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace floodgauge {

/// Reads up to `capacity` bytes into `into`. Returns the number of bytes read, 0 at the end, or -1
/// with errno set.
using PullBytes = std::function<std::ptrdiff_t(std::uint8_t* into, std::size_t capacity)>;

/// Holds the decoder's own window and 128 KiB of input, whatever the stream inflates to.
class InflatingStream {
 public:
  InflatingStream() = default;
  InflatingStream(const InflatingStream&) = delete;
  InflatingStream& operator=(const InflatingStream&) = delete;
  virtual ~InflatingStream() = default;

  /// Writes up to `capacity` inflated bytes to `into` and returns their number. Returns 0 at the
  /// end and for bad data, which error() describes. Returns -1 with errno set when reading the
  /// compressed stream fails.
  virtual std::ptrdiff_t pull(std::uint8_t* into, std::size_t capacity) = 0;
  virtual const std::string& error() const = 0;
  /// The error is that the compressed data ends too early, not that it is damaged.
  virtual bool cut_off() const = 0;
};

enum class Compression : std::uint8_t { none, gzip, zstd, xz, lz4 };

/// Bytes at the beginning that tell the compression.
inline constexpr std::size_t kCompressionMagic = 6;

/// By the first bytes of a file, up to kCompressionMagic; the name does not matter.
Compression compression_of(std::span<const std::uint8_t> begin);

/// Inflates what `compressed` returns. `compression` is not `none`. Throws std::bad_alloc.
std::unique_ptr<InflatingStream> inflating(Compression compression, PullBytes compressed);

}  // namespace floodgauge
