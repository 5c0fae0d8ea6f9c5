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

constexpr BlockFormat kZstd{.shortest_frame_header = 5, .block_header = 3};  // RFC 8878, 3.1.1
constexpr BlockFormat kLz4{.shortest_frame_header = 7, .block_header = 4};   // LZ4 Frame Format

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
    std::string reason;
    const State state = inflate(buffers_, reason);
    const bool stuck = buffers_.in_left + buffers_.out_left == before;
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

FrameStream::State BlockStream::inflate(Buffers& buffers, std::string& reason) {
  if (buffers.in_left == 0 && between_) return State::between;
  if (full_) {
    const std::size_t room = buffers.out_left;
    const State state = step(buffers, 0, reason);
    if (state == State::damaged || buffers.out_left < room) return state;
  }
  return step(buffers, std::min(buffers.in_left, wanted_), reason);
}

FrameStream::State BlockStream::step(Buffers& buffers, std::size_t in, std::string& reason) {
  const Step done = decode(buffers, in);
  if (done.wrong != nullptr) {
    reason = done.wrong;
    return State::damaged;
  }
  full_ = done.produced == buffers.out_left;
  buffers.consumed(done.consumed);
  buffers.produced(done.produced);
  between_ = done.asked == 0;
  // A decoder asks for a block and the next block's header at once, or for less than a header.
  const bool whole = done.asked > format_.block_header;
  wanted_ =
      between_ ? format_.shortest_frame_header : done.asked - (whole ? format_.block_header : 0);
  return between_ ? State::between : State::within;
}

ZstdStream::ZstdStream(PullBytes compressed)
    : BlockStream(std::move(compressed), "zstd", kZstd), zstd_(ZSTD_createDStream()) {
  if (zstd_ == nullptr) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(zstd_, ZSTD_d_windowLogMax, kZstdWindowBits);
}

ZstdStream::~ZstdStream() {
  ZSTD_freeDStream(zstd_);
}

BlockStream::Step ZstdStream::decode(const Buffers& buffers, std::size_t in) {
  ZSTD_inBuffer input{buffers.in, in, 0};
  ZSTD_outBuffer output{buffers.out, buffers.out_left, 0};
  const std::size_t status = ZSTD_decompressStream(zstd_, &output, &input);
  return {input.pos, output.pos, status,
          ZSTD_isError(status) != 0 ? ZSTD_getErrorName(status) : nullptr};
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

Lz4Stream::Lz4Stream(PullBytes compressed) : BlockStream(std::move(compressed), "lz4", kLz4) {
  if (LZ4F_isError(LZ4F_createDecompressionContext(&lz4_, LZ4F_VERSION)) != 0) {
    throw std::bad_alloc();
  }
}

Lz4Stream::~Lz4Stream() {
  LZ4F_freeDecompressionContext(lz4_);
}

BlockStream::Step Lz4Stream::decode(const Buffers& buffers, std::size_t in) {
  std::size_t out = buffers.out_left;
  const std::size_t status = LZ4F_decompress(lz4_, buffers.out, &out, buffers.in, &in, nullptr);
  return {in, out, status, LZ4F_isError(status) != 0 ? LZ4F_getErrorName(status) : nullptr};
}

}  // namespace floodgauge
