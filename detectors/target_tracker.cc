#include "detectors/target_tracker.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "engine/base/prefetch.h"

namespace floodgauge {

TargetTracker::TargetTracker(Nanoseconds now, std::uint32_t prefix, Nanoseconds window)
    : prefix_(prefix),
      second_start_(now),
      recent_start_(now),
      last_active_(now),
      most_points_(static_cast<std::size_t>(
          std::clamp(kRemembered.count / window.count, kLeastPoints, kMostPoints))) {}

void TargetTracker::keep_summaries(std::size_t sources, Nanoseconds now) {
  previous_sources_ = std::make_unique<SourcesByGroup>(sources);
  recent_sources_ = std::make_unique<SourcesByGroup>(sources);
  summaries_since_ = now;
}

void TargetTracker::drop_summaries() {
  previous_sources_.reset();
  recent_sources_.reset();
}

void TargetTracker::prefetch() const {
  constexpr std::size_t kLine = 64;
  for (const TargetCounts* counts : {&second_, &recent_}) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(counts);
    for (std::size_t at = 0; at < sizeof *counts; at += kLine) prefetch_line(bytes + at);
  }
  prefetch_line(&points_);
}

void TargetTracker::add(const TargetCounts& counts, Nanoseconds start, double seconds) {
  second_.add(counts);
  recent_.add(counts);
  const Volume attack = counts.attack();
  if (points_.size() < most_points_) points_.emplace_back();
  points_[points_used_++ % most_points_] = {start, seconds, attack,
                                            counts.of(Vector::tcp_established)};
  if (attack.packets != 0) last_active_ = start;
}

void TargetTracker::keep(std::optional<SourcesByGroup>&& sources, bool followed) {
  followed_ = followed_ || followed;
  if (recent_sources_ == nullptr) return;
  if (sources) {
    if (!followed_) recent_sources_->merge(*sources);
    *previous_sources_ = std::move(*sources);
  } else if (previous_sources_->packets() != 0) {
    previous_sources_->clear();
  }
}

void TargetTracker::close_second(Nanoseconds now, bool frozen) {
  const double seconds = std::max((now - second_start_).seconds(), 1e-3);
  if (!frozen) {
    served_.learn(second_, seconds);
    std::vector<VectorRate>& rates = seconds_[seconds_used_++ % kSeconds];
    rates.clear();
    second_.vectors.for_each([&](Vector vector, Volume in, std::uint64_t) {
      rates.push_back({vector, static_cast<float>(static_cast<double>(in.packets) / seconds),
                       static_cast<float>(static_cast<double>(in.bytes) / seconds)});
    });
  }
  last_second_ = std::exchange(second_, {});
  last_second_length_ = seconds;
  second_start_ = now;
  const bool over = followed_ && !frozen;
  if (now - recent_start_ < kRecent && !over) return;
  followed_ = false;
  recent_ = {};
  recent_start_ = now;
  if (recent_sources_ != nullptr) recent_sources_->clear();
}

UsualRates TargetTracker::usual() const {
  UsualRates least;
  const std::size_t known = std::min(seconds_used_, kSeconds);
  // The least of the last seconds, so that a flood that grows slowly does not count as usual.
  for (std::size_t b = 0; b < known; ++b) {
    UsualRates rates;
    for (const VectorRate& rate : seconds_[b]) {
      rates.packets[static_cast<std::size_t>(rate.vector)] = rate.packets;
      rates.bytes[static_cast<std::size_t>(rate.vector)] = rate.bytes;
    }
    if (b == 0) {
      least = rates;
      continue;
    }
    for (std::size_t v = 0; v < kVectors; ++v) {
      least.packets[v] = std::min(least.packets[v], rates.packets[v]);
      least.bytes[v] = std::min(least.bytes[v], rates.bytes[v]);
    }
  }
  return least;
}

std::vector<WindowPoint> TargetTracker::since(Nanoseconds time) const {
  std::vector<WindowPoint> windows;
  const std::size_t known = std::min(points_used_, most_points_);
  for (std::size_t back = 1; back <= known; ++back) {
    const WindowPoint& point = points_[(points_used_ - back) % most_points_];
    if (point.start < time) break;
    windows.push_back(point);
  }
  return windows;
}

std::vector<WindowPoint> TargetTracker::rise() const {
  std::vector<WindowPoint> windows;
  if (points_used_ == 0) return windows;
  const UsualRates before = usual();
  double usual_packets = 0;
  for (const VectorInfo& row : vector_table()) {
    if (row.attack) usual_packets += before.packets[static_cast<std::size_t>(row.vector)];
  }
  const auto rate_of = [](const WindowPoint& point) {
    return static_cast<double>(point.attack.packets) / std::max(point.seconds, 1e-3);
  };
  const double latest = rate_of(points_[(points_used_ - 1) % most_points_]);
  const double least =
      std::max(usual_packets * 1.25, usual_packets + (latest - usual_packets) / 10);
  const std::size_t known = std::min(points_used_, most_points_);
  for (std::size_t back = 1; back <= known; ++back) {
    const WindowPoint& point = points_[(points_used_ - back) % most_points_];
    const bool adjoins =
        windows.empty() || windows.back().start - point.start <=
                               Nanoseconds{static_cast<std::int64_t>(point.seconds * 1.5e9)};
    if (back > 1 && (rate_of(point) < least || !adjoins)) break;
    windows.push_back(point);
  }
  return windows;
}

}  // namespace floodgauge
