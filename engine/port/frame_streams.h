// Inflates streams of zstd, xz and lz4 frames.
#pragma once

#include <lz4frame.h>
#include <lzma.h>
#include <zstd.h>

#include <cstdint>
#include <string>
#include <utility>
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

/// Lengths of the headers in a format of frames that consist of blocks, bytes.
struct BlockFormat {
  std::size_t shortest_frame_header;  ///< with the magic
  std::size_t block_header;
};

/// What zstd and lz4 have in common. A step of their decoders that fails gives nothing out, also
/// not the good blocks before the damage. Therefore a step gets the input of one block or one
/// header, and no input as long as the decoder holds output.
class BlockStream : public FrameStream {
 protected:
  /// What one call of the decoder did.
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    std::size_t asked = 0;        ///< bytes of input that the decoder wants next; 0: a frame ended
    const char* wrong = nullptr;  ///< the error, or none
  };

  BlockStream(PullBytes compressed, const char* name, BlockFormat format)
      : FrameStream(std::move(compressed), name),
        format_(format),
        wanted_(format.shortest_frame_header) {}
  /// Calls the decoder with the first `in` bytes of the input.
  virtual Step decode(const Buffers& buffers, std::size_t in) = 0;

 private:
  State inflate(Buffers& buffers, std::string& reason) final;
  State step(Buffers& buffers, std::size_t in, std::string& reason);

  BlockFormat format_;
  bool between_ = true;
  bool full_ = false;   ///< the last step filled the room for the output
  std::size_t wanted_;  ///< bytes of the next step
};

/// RFC 8878. Frames that need a window of more than 128 MiB are refused.
class ZstdStream : public BlockStream {
 public:
  explicit ZstdStream(PullBytes compressed);
  ~ZstdStream() override;

 private:
  Step decode(const Buffers& buffers, std::size_t in) override;
  ZSTD_DStream* zstd_;
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
class Lz4Stream : public BlockStream {
 public:
  explicit Lz4Stream(PullBytes compressed);
  ~Lz4Stream() override;

 private:
  Step decode(const Buffers& buffers, std::size_t in) override;
  LZ4F_dctx* lz4_ = nullptr;
};

}  // namespace floodgauge
