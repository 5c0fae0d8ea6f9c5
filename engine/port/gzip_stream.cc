#include "engine/port/gzip_stream.h"

#include <cerrno>
#include <new>
#include <utility>

namespace floodgauge {
namespace {

constexpr std::size_t kInputBytes = std::size_t{1} << 17;
// For inflateInit2(): a window of 2^15 bytes, plus 16 to accept only the gzip format.
constexpr int kGzipWindowBits = 15 + 16;

}  // namespace

GzipStream::GzipStream(PullBytes compressed)
    : compressed_(std::move(compressed)), input_(kInputBytes) {
  if (inflateInit2(&zlib_, kGzipWindowBits) != Z_OK) throw std::bad_alloc();
}

GzipStream::~GzipStream() {
  inflateEnd(&zlib_);
}

bool GzipStream::refill() {
  if (input_ended_) return false;
  const std::ptrdiff_t count = compressed_(input_.data(), input_.size());
  if (count < 0) read_error_ = errno;
  if (count <= 0) {
    input_ended_ = true;
    return false;
  }
  zlib_.next_in = input_.data();
  zlib_.avail_in = static_cast<uInt>(count);
  return true;
}

/// After the end of a member: another one may follow (RFC 1952, section 2.2). Anything else is
/// padding, which gzip ignores as well. Returns false when no member follows.
bool GzipStream::next_member() {
  if (zlib_.avail_in == 0 && !refill()) return false;
  if (*zlib_.next_in != 0x1f) return false;
  between_members_ = false;
  return inflateReset(&zlib_) == Z_OK;
}

std::ptrdiff_t GzipStream::pull(std::uint8_t* into, std::size_t capacity) {
  zlib_.next_out = into;
  zlib_.avail_out = static_cast<uInt>(capacity);
  while (!done_ && zlib_.avail_out > 0) {
    if (between_members_ && !next_member()) {
      done_ = true;
      break;
    }
    const int status = inflate(&zlib_, Z_NO_FLUSH);
    if (status == Z_BUF_ERROR && zlib_.avail_in == 0) {
      // zlib has consumed all input, including what it had buffered.
      if (refill()) continue;
      done_ = true;
      cut_off_ = read_error_ == 0;
      if (cut_off_) error_ = "the gzip data is cut off";
    } else if (status == Z_STREAM_END) {
      between_members_ = true;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      done_ = true;
      error_ = std::string("the gzip data is damaged: ") +
               (zlib_.msg != nullptr ? zlib_.msg : "unknown error");
    }
  }
  const auto inflated = static_cast<std::ptrdiff_t>(capacity - zlib_.avail_out);
  if (inflated > 0 || read_error_ == 0) return inflated;
  errno = read_error_;
  return -1;
}

}  // namespace floodgauge
