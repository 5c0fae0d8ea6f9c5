// The bytes of a capture file as one window that moves forward, whether the file is mapped, read or
// inflated.
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
#include "engine/port/inflating_stream.h"
#include "engine/port/shrinking_file.h"

namespace floodgauge {

/// A regular file that no process has open for writing is mapped, and its bytes are used in place.
/// Everything else (pipes, compressed files, a file that is still being written) is read into
/// chunks.
///
/// The mapping has the size that the file had when it was opened. If another process shortens the
/// file during the replay, what is missing reads as zeros, and present() tells where it begins.
///
/// One thread uses an object; only prefault_pages() is for a second one.
class CaptureBytes {
 public:
  /// Size of a chunk, unless a single record needs more.
  static constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

  /// Opens `path`; "-" is standard input. Waiting for a pipe ends when `*stop` becomes true. Errors
  /// are not thrown but reported by error().
  explicit CaptureBytes(const std::string& path, const std::atomic<bool>* stop = nullptr);
  /// `memory` must outlive this object and all records made from it.
  explicit CaptureBytes(std::span<const std::uint8_t> memory);
  /// Reads a stream by calling `pull`, into chunks of `chunk_bytes`.
  explicit CaptureBytes(PullBytes pull, std::size_t chunk_bytes = kChunkBytes);
  ~CaptureBytes();
  CaptureBytes(const CaptureBytes&) = delete;
  CaptureBytes& operator=(const CaptureBytes&) = delete;

  /// The window: bytes that are in memory and not consumed yet. Reads nothing.
  const std::uint8_t* begin() const { return at_; }
  const std::uint8_t* end() const { return end_; }
  std::size_t available() const { return static_cast<std::size_t>(end_ - at_); }
  /// Offset of begin() in the uncompressed capture.
  std::uint64_t offset() const { return offset_; }

  /// Extends the window to at least `count` bytes. Returns false when the capture ends before; the
  /// window then holds all that is left. May move the window to a new chunk and release the old
  /// one.
  bool need(std::size_t count) { return available() >= count || refill(count); }
  /// Moves the window's beginning to `to`, which lies within the window.
  void advance_to(const std::uint8_t* to) {
    offset_ += static_cast<std::uint64_t>(to - at_);
    at_ = to;
    if (mapping_ != nullptr) pages_.reached(offset_);
  }
  /// Skips `count` bytes, within the window or beyond it. Returns false when the capture ends
  /// before; offset() is then its end.
  bool skip(std::uint64_t count);

  /// Of a mapped file, how many of its bytes it has now. UINT64_MAX where nothing is mapped. Asks
  /// the system only near the file's end, when bytes were missed, or when the caller has a `doubt`,
  /// so that it can be called often.
  std::uint64_t present(bool doubt) const;
  /// The beginning of a mapped file.
  const std::uint8_t* mapping() const { return static_cast<const std::uint8_t*>(mapping_); }

  /// The chunk that holds the window; null for a mapped file.
  CaptureChunk* chunk() const { return chunk_; }
  bool mapped() const { return !pull_; }
  bool compressed() const { return compressed_; }

  /// The error that ended the bytes early: of opening, reading or inflating. One sentence without
  /// the file's name; empty without an error.
  const std::string& error() const { return error_; }
  CaptureEnd error_kind() const { return error_kind_; }

  /// Prefaults pages of a mapped file ahead of the reader and releases those behind it, see
  /// FilePrefault::work(). For a second thread. False when there was nothing to do.
  bool prefault_pages() { return pages_.work(); }

  /// How much of the file itself (compressed, if it is) has been read, and its size, in bytes. The
  /// size is 0 if it is unknown.
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
  bool drained_ = false;  ///< pull_ has reported its end or an error
  bool compressed_ = false;

  void* mapping_ = nullptr;
  std::size_t mapping_bytes_ = 0;
  std::unique_ptr<ShrinkingFile> watch_;  ///< of the mapping; null without one
  std::string path_;                      ///< of the mapped file
  std::uint64_t inode_ = 0;               ///< of the same
  FilePrefault pages_;
  std::uint64_t size_ = 0;
  std::shared_ptr<std::uint64_t> pulled_;  ///< bytes of the file itself that were read
  CaptureEnd error_kind_ = CaptureEnd::reading;
  std::string error_;
};

}  // namespace floodgauge
