// Inflates a stream of gzip members (RFC 1952).
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/port/capture_bytes.h"

namespace floodgauge {

/// Whether the data begins with gzip's two magic bytes (RFC 1952, section 2.3.1).
constexpr bool looks_like_gzip(const std::uint8_t* data, std::size_t count) {
  return count >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

class GzipStream {
 public:
  /// Throws std::bad_alloc.
  explicit GzipStream(PullBytes compressed);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  /// Writes up to `capacity` inflated bytes to `into` and returns their number. Returns 0 at the
  /// end and for bad data, which error() describes. Returns -1 with errno set when reading the
  /// compressed stream fails.
  std::ptrdiff_t pull(std::uint8_t* into, std::size_t capacity);
  const std::string& error() const { return error_; }
  /// The error is that the compressed data ends too early, not that it is damaged.
  bool cut_off() const { return cut_off_; }

 private:
  bool refill();
  bool next_member();

  PullBytes compressed_;
  std::vector<std::uint8_t> input_;
  z_stream zlib_{};
  int read_error_ = 0;
  bool input_ended_ = false;
  bool between_members_ = false;
  bool done_ = false;
  bool cut_off_ = false;
  std::string error_;
};

}  // namespace floodgauge
