// Inflates a stream of gzip members (RFC 1952).
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/port/inflating_stream.h"

namespace floodgauge {

class GzipStream : public InflatingStream {
 public:
  /// Throws std::bad_alloc.
  explicit GzipStream(PullBytes compressed);
  ~GzipStream() override;

  std::ptrdiff_t pull(std::uint8_t* into, std::size_t capacity) override;
  const std::string& error() const override { return error_; }
  bool cut_off() const override { return cut_off_; }

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
