// Inflates streams of zstd, xz and lz4 frames.
#pragma once

#include <lz4frame.h>
#include <lzma.h>
#include <zstd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/port/inflating_stream.h"

namespace floodgauge {

/// What the three have in common: the input's buffer, and the end of the stream.
class FrameStream : public InflatingStream {
 public:
  std::ptrdiff_t pull(std::uint8_t* into, std::size_t capacity) override;
  const std::string& error() const override { return error_; }
  bool cut_off() const override { return cut_off_; }

 protected:
  enum class State : std::uint8_t {
    within,   ///< a frame has begun and is not complete
    between,  ///< all frames so far are complete
    ended,    ///< nothing may follow
    damaged,
  };
  /// What is left of the input, and of the room for the output.
  struct Buffers {
    const std::uint8_t* in = nullptr;
    std::size_t in_left = 0;
    std::uint8_t* out = nullptr;
    std::size_t out_left = 0;
    bool last = false;  ///< no input follows

    void consumed(std::size_t count) {
      in += count;
      in_left -= count;
    }
    void produced(std::size_t count) {
      out += count;
      out_left -= count;
    }
  };

  FrameStream(PullBytes compressed, const char* name);
  /// Inflates as much as it can, and calls `consumed` and `produced`. `reason` is for `damaged`.
  virtual State inflate(Buffers& buffers, std::string& reason) = 0;

  /// The decoder filled the room for the output, and may hold more: it gets no input until it has
  /// given that out, which a step that fails does not.
  bool full_ = false;

 private:
  void refill();
  void fail(bool cut_off, const std::string& how);

  PullBytes compressed_;
  const char* name_;
  std::vector<std::uint8_t> input_;
  Buffers buffers_;
  int read_error_ = 0;
  bool done_ = false;
  bool cut_off_ = false;
  std::string error_;
};

/// RFC 8878. Frames that need a window of more than 128 MiB are refused.
class ZstdStream : public FrameStream {
 public:
  explicit ZstdStream(PullBytes compressed);
  ~ZstdStream() override;

 private:
  State inflate(Buffers& buffers, std::string& reason) override;
  static constexpr std::size_t kShortestZstdHeader = 5;  ///< of a frame, with its magic
  ZSTD_DStream* zstd_;
  bool between_ = true;
  /// Bytes of the next step, a block or a header at most. A step that fails gives nothing out: with
  /// more input, good blocks before the damage would be lost.
  std::size_t wanted_ = kShortestZstdHeader;
};

/// The .xz File Format 1.2.1. Streams that need more than 256 MiB are refused.
class XzStream : public FrameStream {
 public:
  explicit XzStream(PullBytes compressed);
  ~XzStream() override;

 private:
  State inflate(Buffers& buffers, std::string& reason) override;
  lzma_stream xz_ = LZMA_STREAM_INIT;
};

/// LZ4 Frame Format 1.6.
class Lz4Stream : public FrameStream {
 public:
  explicit Lz4Stream(PullBytes compressed);
  ~Lz4Stream() override;

 private:
  State inflate(Buffers& buffers, std::string& reason) override;
  static constexpr std::size_t kShortestLz4Header = 7;  ///< of a frame, with its magic
  LZ4F_dctx* lz4_ = nullptr;
  bool between_ = true;
  std::size_t wanted_ = kShortestLz4Header;  ///< as in ZstdStream
};

}  // namespace floodgauge
