// The bytes of a capture file, whether mapped, read or inflated, as one window that moves forward.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "engine/port/capture_record.h"
#include "engine/port/file_prefault.h"

namespace floodgauge {

/// Reads up to `capacity` bytes into `into`. Returns their number, 0 at the end, or -1 with errno
/// set.
using PullBytes = std::function<std::ptrdiff_t(std::uint8_t* into, std::size_t capacity)>;

/// A regular file that nobody has open for writing is mapped: its bytes are used where they lie.
/// Everything else (pipes, gzip, a file that is still being written) is read into chunks.
///
/// A mapping is bounded by the file's size at opening. Should somebody shorten the file while it
/// is replayed, the kernel raises SIGBUS at the first byte that is gone; files that have a writer
/// are not mapped for that reason, and replay the finished ones.
class CaptureBytes {
 public:
  /// What one chunk holds, unless a single record needs more.
  static constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

  /// `path` "-" is standard input. Once `*stop` is true, no pipe is waited for any longer.
  explicit CaptureBytes(const std::string& path, const std::atomic<bool>* stop = nullptr);
  /// Bytes that outlive this object and all records made from it.
  explicit CaptureBytes(std::span<const std::uint8_t> memory);
  /// A stream, for what has no path. Chunks of `chunk_bytes`.
  explicit CaptureBytes(PullBytes pull, std::size_t chunk_bytes = kChunkBytes);
  ~CaptureBytes();
  CaptureBytes(const CaptureBytes&) = delete;
  CaptureBytes& operator=(const CaptureBytes&) = delete;

  /// The unread bytes in hand, without asking for more.
  const std::uint8_t* begin() const { return at_; }
  const std::uint8_t* end() const { return end_; }
  std::size_t in_hand() const { return static_cast<std::size_t>(end_ - at_); }
  /// Of begin(), in the uncompressed capture.
  std::uint64_t offset() const { return offset_; }

  /// Puts at least `count` bytes in hand. False when the capture ends before: then what there is
  /// is in hand. May move the window into another chunk, and let the former one go.
  bool need(std::size_t count) { return in_hand() >= count || refill(count); }
  /// Goes on to `to`, which lies within the bytes in hand.
  void advance_to(const std::uint8_t* to) {
    offset_ += static_cast<std::uint64_t>(to - at_);
    at_ = to;
    if (mapping_ != nullptr) pages_.reached(offset_);
  }
  /// Goes past `count` bytes, in hand or not. False when the capture ends before; offset() is then
  /// its end.
  bool skip(std::uint64_t count);

  /// What holds the bytes in hand; null in a mapped file.
  CaptureChunk* chunk() const { return chunk_; }
  bool mapped() const { return !pull_; }
  bool compressed() const { return compressed_; }

  /// Why no bytes came, when it was not the end: an open, read or inflate error. One sentence
  /// without the file's name, empty while there is none.
  const std::string& error() const { return error_; }
  CaptureEnd error_kind() const { return error_kind_; }

  /// Brings pages of a mapped file ahead of its reader, and gives back those behind; for another
  /// thread that has time. False when there are none.
  bool tend_pages() { return pages_.work(); }

  /// How far the file itself (compressed, if it is) has been read, and its size; 0 if unknown.
  std::uint64_t position() const;
  std::uint64_t size() const { return size_; }

 private:
  bool refill(std::size_t count);
  void open_file(const std::string& path, const std::atomic<bool>* stop);
  bool map(int descriptor, std::size_t size);
  void start_stream(PullBytes pull);
  void fail(CaptureEnd kind, std::string message);

  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t offset_ = 0;

  PullBytes pull_;
  CaptureChunk* chunk_ = nullptr;
  std::size_t chunk_bytes_ = kChunkBytes;
  bool drained_ = false;  ///< pull_ has nothing more
  bool compressed_ = false;

  void* mapping_ = nullptr;
  std::size_t mapping_bytes_ = 0;
  FilePrefault pages_;
  std::uint64_t size_ = 0;
  std::shared_ptr<std::uint64_t> pulled_;  ///< bytes of the file itself that were read
  CaptureEnd error_kind_ = CaptureEnd::reading;
  std::string error_;
};

}  // namespace floodgauge
