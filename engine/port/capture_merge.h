// Merges several captures into one sequence of records, in order of time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/port/capture_clock.h"
#include "engine/port/capture_gaps.h"
#include "engine/port/capture_reader.h"
#include "engine/port/capture_times.h"

namespace floodgauge {

/// CaptureTimes puts each file's records in order. Of all files' next records the earliest is
/// returned first; with equal times, the record of the file that was named first. Returned times
/// never go back.
class CaptureMerge {
 public:
  static constexpr std::size_t kBatch = CaptureReader::kBatch;

  /// `reorder`: how far a file's times may be out of order. Times at which no file was being
  /// captured are noted in `gaps`, which must outlive the object, before the records after them are
  /// returned.
  explicit CaptureMerge(std::vector<std::unique_ptr<CaptureReader>> readers,
                        Nanoseconds reorder = kUsualReorder, CaptureGaps* gaps = nullptr);

  /// The next records; empty at the end of all files. They are valid until the next call, see
  /// CaptureReader::next. A file that fails ends there, and the others go on.
  std::span<const CaptureRecord> next();
  /// Time of the next record in nanoseconds since 1970; 0 at the end. May read from the files, as
  /// next() does.
  std::int64_t peek();

  const std::vector<CaptureReader*>& readers() const { return readers_; }
  /// False when some file has packets, and none of those read so far has a time.
  bool timed() const;
  /// What was found about the clocks of all files so far.
  CaptureClock clock() const;

 private:
  struct Source {
    CaptureTimes* times = nullptr;
    std::size_t order = 0;                    ///< position on the command line
    std::span<const CaptureRecord> unmerged;  ///< of its last batch
    bool begun = false;                       ///< a record of it was returned

    bool before(const Source& other) const {
      const std::int64_t own_time = unmerged.front().time;
      const std::int64_t other_time = other.unmerged.front().time;
      return own_time < other_time || (own_time == other_time && order < other.order);
    }
  };

  void refill();
  std::span<const CaptureRecord> single_source();
  std::size_t take_run(Source& source, const Source* rival, std::size_t count);

  void note_gap(Source& source);

  std::vector<std::unique_ptr<CaptureTimes>> files_;
  std::vector<CaptureReader*> readers_;  ///< of files_
  std::int64_t reorder_;
  CaptureGaps* gaps_;
  std::vector<Source> exhausted_;  ///< sources without records; read from before the next merge
  std::vector<Source> heap_;       ///< sources with records, the earliest on top
  std::int64_t latest_ = -1;       ///< latest time that was returned; -1 before the first
  std::array<CaptureRecord, kBatch> merged_;
};

}  // namespace floodgauge
