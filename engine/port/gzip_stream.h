// Inflates gzip (RFC 1952), member after member, from one stream of bytes into another.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/port/capture_bytes.h"

namespace floodgauge {

/// Two bytes tell it: RFC 1952, section 2.3.1.
constexpr bool looks_like_gzip(const std::uint8_t* data, std::size_t count) {
  return count >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

class GzipStream {
 public:
  explicit GzipStream(PullBytes compressed);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  /// Inflated bytes; 0 at the end, or when the data goes no further: then error() says why; -1 with
  /// errno set when the stream below fails.
  std::ptrdiff_t pull(std::uint8_t* into, std::size_t capacity);
  const std::string& error() const { return error_; }
  /// The compressed bytes break off, rather than being wrong.
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
