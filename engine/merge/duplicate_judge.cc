#include "engine/merge/duplicate_judge.h"

namespace floodgauge {
namespace {

constexpr double kFade = 0.95;
constexpr double kLeastFlows = 8;
constexpr double kLeastCopied = 3;
constexpr double kLeastShare = 0.05;
constexpr double kAsCommon = 0.5;

}  // namespace

/// The share of copies is that of frames that have one, not of all frames: of two that are equal,
/// one is the copy.
bool DuplicateJudge::is_mirror() const {
  if (answered_copied_ < kLeastCopied) return false;
  const double among_answered = answered_copied_ / answered_;
  const double originals = compared_ - copies_;
  const double among_all = originals > 0 ? copies_ / originals : 1;
  return among_answered >= kLeastShare && among_answered >= kAsCommon * among_all;
}

DuplicateJudge::Verdict DuplicateJudge::judge(const DuplicateCounts& window) {
  answered_ = answered_ * kFade + static_cast<double>(window.answered_flows);
  answered_copied_ = answered_copied_ * kFade + static_cast<double>(window.answered_copied);
  compared_ = compared_ * kFade + static_cast<double>(window.compared);
  copies_ = copies_ * kFade + static_cast<double>(window.copies);
  if (mode_ == DuplicateMode::off) return {};
  if (mode_ == DuplicateMode::drop) return {true, window.copies};
  if (answered_ < kLeastFlows) {
    if (!decided_) undecided_ += window.copies;
    return {};
  }
  const bool mirror = is_mirror();
  const std::uint64_t before = decided_ ? 0 : undecided_;
  decided_ = true;
  if (!mirror) return {};
  return {mode_ == DuplicateMode::automatic, window.copies + before};
}

}  // namespace floodgauge
