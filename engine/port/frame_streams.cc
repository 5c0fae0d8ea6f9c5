#include "engine/port/frame_streams.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace floodgauge {
namespace {

constexpr std::size_t kInputBytes = std::size_t{1} << 17;
constexpr int kZstdWindowBits = 27;
constexpr std::uint64_t kXzMemory = std::uint64_t{256} << 20;

constexpr std::size_t kZstdBlockHeader = 3;  // RFC 8878, section 3.1.1.2
constexpr std::size_t kLz4BlockHeader = 4;   // LZ4 Frame Format, "Data Blocks"

/// What a decoder asks for is a block and the header of the next one, or less than a header.
std::size_t without_next_header(std::size_t asked, std::size_t header) {
  return asked > header ? asked - header : asked;
}

const char* reason_of(lzma_ret status) {
  switch (status) {
    case LZMA_MEMLIMIT_ERROR:
      return "it needs more than 256 MiB to be inflated";
    case LZMA_FORMAT_ERROR:
      return "bytes that are no xz follow";
    case LZMA_OPTIONS_ERROR:
      return "unsupported options";
    case LZMA_DATA_ERROR:
      return "wrong data or checksum";
    default:
      return "unknown error";
  }
}

}  // namespace

FrameStream::FrameStream(PullBytes compressed, const char* name)
    : compressed_(std::move(compressed)), name_(name), input_(kInputBytes) {}

void FrameStream::fail(bool cut_off, const std::string& how) {
  done_ = true;
  cut_off_ = cut_off;
  error_ = std::string("the ") + name_ + " data is " + how;
}

void FrameStream::refill() {
  const std::ptrdiff_t count = compressed_(input_.data(), input_.size());
  if (count < 0) read_error_ = errno;
  buffers_.last = count <= 0;
  buffers_.in = input_.data();
  buffers_.in_left = count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::ptrdiff_t FrameStream::pull(std::uint8_t* into, std::size_t capacity) {
  buffers_.out = into;
  buffers_.out_left = capacity;
  while (!done_ && buffers_.out_left > 0) {
    if (buffers_.in_left == 0 && !buffers_.last) refill();
    const std::size_t before = buffers_.in_left + buffers_.out_left;
    const bool was_full = full_;
    std::string reason;
    const State state = inflate(buffers_, reason);
    const bool stuck = buffers_.in_left + buffers_.out_left == before && !was_full;
    if (state == State::damaged) {
      fail(false, "damaged: " + reason);
    } else if (state == State::ended) {
      done_ = true;
    } else if (stuck && buffers_.in_left > 0) {
      fail(false, "damaged: its frame does not end");
    } else if (stuck && buffers_.last) {
      done_ = true;
      if (state == State::within && read_error_ == 0) fail(true, "cut off");
    }
  }
  const auto inflated = static_cast<std::ptrdiff_t>(capacity - buffers_.out_left);
  if (inflated > 0 || read_error_ == 0) return inflated;
  errno = read_error_;
  return -1;
}

ZstdStream::ZstdStream(PullBytes compressed)
    : FrameStream(std::move(compressed), "zstd"), zstd_(ZSTD_createDStream()) {
  if (zstd_ == nullptr) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(zstd_, ZSTD_d_windowLogMax, kZstdWindowBits);
}

ZstdStream::~ZstdStream() {
  ZSTD_freeDStream(zstd_);
}

FrameStream::State ZstdStream::inflate(Buffers& buffers, std::string& reason) {
  if (buffers.in_left == 0 && between_) return State::between;
  ZSTD_inBuffer in{buffers.in, std::min(buffers.in_left, full_ ? 0 : wanted_), 0};
  ZSTD_outBuffer out{buffers.out, buffers.out_left, 0};
  const std::size_t status = ZSTD_decompressStream(zstd_, &out, &in);
  buffers.consumed(in.pos);
  buffers.produced(out.pos);
  if (ZSTD_isError(status) != 0) {
    reason = ZSTD_getErrorName(status);
    return State::damaged;
  }
  full_ = out.pos == out.size;
  between_ = status == 0;
  wanted_ = between_ ? kShortestZstdHeader : without_next_header(status, kZstdBlockHeader);
  return between_ ? State::between : State::within;
}

XzStream::XzStream(PullBytes compressed) : FrameStream(std::move(compressed), "xz") {
  if (lzma_stream_decoder(&xz_, kXzMemory, LZMA_CONCATENATED) != LZMA_OK) throw std::bad_alloc();
}

XzStream::~XzStream() {
  lzma_end(&xz_);
}

FrameStream::State XzStream::inflate(Buffers& buffers, std::string& reason) {
  xz_.next_in = buffers.in;
  xz_.avail_in = buffers.in_left;
  xz_.next_out = buffers.out;
  xz_.avail_out = buffers.out_left;
  const lzma_ret status = lzma_code(&xz_, buffers.last ? LZMA_FINISH : LZMA_RUN);
  buffers.consumed(buffers.in_left - xz_.avail_in);
  buffers.produced(buffers.out_left - xz_.avail_out);
  if (status == LZMA_STREAM_END) return State::ended;
  if (status == LZMA_OK || status == LZMA_BUF_ERROR) return State::within;
  reason = reason_of(status);
  return State::damaged;
}

Lz4Stream::Lz4Stream(PullBytes compressed) : FrameStream(std::move(compressed), "lz4") {
  if (LZ4F_isError(LZ4F_createDecompressionContext(&lz4_, LZ4F_VERSION)) != 0) {
    throw std::bad_alloc();
  }
}

Lz4Stream::~Lz4Stream() {
  LZ4F_freeDecompressionContext(lz4_);
}

FrameStream::State Lz4Stream::inflate(Buffers& buffers, std::string& reason) {
  if (buffers.in_left == 0 && between_) return State::between;
  std::size_t in = std::min(buffers.in_left, full_ ? 0 : wanted_);
  std::size_t out = buffers.out_left;
  const std::size_t status = LZ4F_decompress(lz4_, buffers.out, &out, buffers.in, &in, nullptr);
  if (LZ4F_isError(status) != 0) {
    reason = LZ4F_getErrorName(status);
    return State::damaged;
  }
  full_ = out == buffers.out_left;
  buffers.consumed(in);
  buffers.produced(out);
  between_ = status == 0;
  wanted_ = between_ ? kShortestLz4Header : without_next_header(status, kLz4BlockHeader);
  return between_ ? State::between : State::within;
}

}  // namespace floodgauge
