// ServiceWatch: what is usual at this hour of the week, and what the running hour was like.
#include <algorithm>
#include <cmath>

#include "detectors/service_limits.h"
#include "detectors/service_watch.h"

namespace floodgauge {
namespace {

/// The hour is told by the worst of these, of those with enough requests and answers.
constexpr Nanoseconds kPart = whole_seconds(300);
constexpr double kLeastOfPart = 20;
/// Parts that have to be seen of an hour before it is learnt.
constexpr std::uint32_t kLeastParts = 4;
/// The 90th percentile of the standard normal distribution: the logarithms of response times are
/// about normal.
constexpr double kNormalP90 = 1.2816;

}  // namespace

double ServiceWatch::lowest_usual_ratio() const {
  return usual_hour_ ? std::min(usual_ratio_, double{usual_hour_->ratio}) : usual_ratio_;
}

double ServiceWatch::slow_at_this_hour() const {
  if (!usual_hour_ || usual_hour_->median <= 0) return 0;
  const double median{usual_hour_->median};
  return std::max({median * service_limits::kSlowFactor,
                   double{usual_hour_->p90} * service_limits::kSlowOfP90,
                   median + service_limits::kSlowSeconds});
}

void ServiceWatch::Hour::add_answer(double seconds) {
  const double log = std::log(std::max(seconds, DdSketch::kLeast));
  ++answers;
  logs += log;
  squares += log * log;
}

/// Called each second.
void ServiceWatch::note_for_hour(Nanoseconds now) {
  if (impact_ && !hour_.before_impact) {
    hour_.before_impact.emplace();
    hour_.before_impact->ratio = static_cast<float>(impact_->answer_ratio_before);
    if (const auto p90 = usual_.quantile(0.9); p90 && usual_median_) {
      hour_.before_impact->median = static_cast<float>(*usual_median_);
      hour_.before_impact->p90 = static_cast<float>(*p90);
    }
    hour_.before_impact->requests = static_cast<float>(usual_requests_);
  }
  if (!hour_.part_begin) {
    hour_.part_begin = now;
    hour_.part_base = all_;
  }
  if (now - *hour_.part_begin >= kPart) close_part(now);
}

void ServiceWatch::close_part(Nanoseconds now) {
  Outcome part = all_;
  part -= hour_.part_base;
  if (part.requests >= kLeastOfPart) {
    ++hour_.parts;
    const double ratio = std::clamp(part.answered / part.requests, 0.0, 1.0);
    hour_.worst.ratio = std::min(hour_.worst.ratio, static_cast<float>(ratio));
    const double rate = part.requests / std::max((now - *hour_.part_begin).seconds(), 1.0);
    hour_.worst.requests = std::max(hour_.worst.requests, static_cast<float>(rate));
  }
  if (hour_.answers >= kLeastOfPart) {
    const double mean = hour_.logs / hour_.answers;
    const double variance = std::max(0.0, hour_.squares / hour_.answers - mean * mean);
    const double p90 = std::min(std::exp(mean + kNormalP90 * std::sqrt(variance)), DdSketch::kMost);
    hour_.worst.median = std::max(hour_.worst.median, static_cast<float>(std::exp(mean)));
    hour_.worst.p90 = std::max(hour_.worst.p90, static_cast<float>(p90));
  }
  hour_.answers = hour_.logs = hour_.squares = 0;
  hour_.part_begin = now;
  hour_.part_base = all_;
}

std::optional<SeenHour> ServiceWatch::end_hour() {
  const Hour ended = std::exchange(hour_, Hour{});
  if (ended.parts < kLeastParts) return std::nullopt;
  return SeenHour{ended.worst, ended.before_impact};
}

}  // namespace floodgauge
