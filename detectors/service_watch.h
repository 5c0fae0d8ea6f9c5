// How one service of one server does, judged by the outcome of the latest requests of its genuine
// clients against what is usual: slow, failing, silent, recovering, or normal.
//
// A service is judged over its last 20 requests or more, and over its last second or more. It is
// impaired when the share of answers, or the time that they take, is far from the usual. When the
// impairment began and ended is found by the greatest sum of deviations (CUSUM: Page, "Continuous
// inspection schemes", Biometrika 41, 1954).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "detectors/service_seasons.h"
#include "detectors/service_slices.h"
#include "engine/merge/network_services.h"
#include "engine/model/service_state.h"
#include "engine/sketch/dd_sketch.h"

namespace floodgauge {

class ServiceWatch {
 public:
  /// `slice`, `origin`: of ServiceSlices.
  ServiceWatch(Nanoseconds slice, Nanoseconds origin) : slices_(slice, origin) {}

  /// Adds what a window has of the server and service; its answers may be of earlier requests.
  void add(const ServiceTotals& totals, std::span<const ServiceAnswer> answers, Nanoseconds start);
  /// Judges the service at the end of a window.
  void judge(Nanoseconds now);

  Condition condition() const { return condition_; }
  /// The open impact; nothing while the service is normal.
  const std::optional<ServerImpact>& impact() const { return impact_; }
  /// The impact that this judgement ended.
  const std::optional<ServerImpact>& ended() const { return ended_; }
  Nanoseconds last_asked() const { return last_asked_; }

  /// Of genuine clients, over the last 20 requests or more; nothing when there are fewer.
  std::optional<double> answer_ratio() const { return ratio_now_; }
  double usual_answer_ratio() const { return usual_ratio_; }
  /// Median of the last second with answers.
  std::optional<double> response_seconds() const { return response_now_; }
  std::optional<double> usual_response_seconds() const { return usual_median_; }
  /// Whether enough is known of it to be judged. What was seldom answered from the first is a
  /// capture that misses most answers, or a host that is known from a flood's packets alone.
  bool is_known() const {
    return learnt_ >= kLeastLearnt && usual_median_.has_value() &&
           lowest_usual_ratio() >= kLeastUsual;
  }
  /// What is usual at this hour of the week; nothing while it is not known. The service is judged
  /// by this or by the last minutes, whichever is worse.
  void set_usual(const std::optional<ServiceHour>& usual);
  /// Ends the running hour and begins another one. Returns what the hour was like; nothing when too
  /// little was seen of it.
  std::optional<SeenHour> end_hour();
  bool has_answered() const { return has_answered_; }
  double usual_requests_per_second() const { return usual_requests_; }

  static constexpr double kLeastRequests = 20;
  static constexpr double kLeastUsual = 0.3;  ///< of the requests, usually answered

 private:
  struct Findings {
    Condition condition = Condition::normal;
    bool certain = false;  ///< there were enough requests to say so
    bool good = false;     ///< the latest requests were answered as usual
  };
  void add_answer(const ServiceAnswer& answer);
  /// The running hour.
  struct Hour {
    std::uint32_t parts = 0;  ///< with enough requests
    ServiceHour worst;        ///< of all parts
    std::optional<ServiceHour> before_impact;
    // The running part.
    std::optional<Nanoseconds> part_begin;
    Outcome part_base;  ///< all_ at its begin
    double answers = 0;
    double logs = 0;     ///< sum of the logarithms of response times
    double squares = 0;  ///< sum of their squares

    void add_answer(double seconds);
  };
  double lowest_usual_ratio() const;
  double slow_at_this_hour() const;
  void note_for_hour(Nanoseconds now);
  void close_part(Nanoseconds now);
  void note_flood(ServiceSlice& slice) const;
  /// Whether it was asked from the begin of all traffic.
  bool asked_from_begin() const { return *first_seen_ - slices_.origin() < whole_seconds(1); }
  void mark_flooded(Nanoseconds since);
  Outcome of_known(const ServiceSlices::Recent& recent, Nanoseconds answered_within) const;
  bool serves(const Outcome& known) const;
  double failing_ratio(double requests) const;
  bool fails(const Outcome& outcome) const;
  bool fails_lately(const Outcome& latest, Nanoseconds now) const;
  void close_second(Nanoseconds now);
  void learn_epoch(Nanoseconds now);
  Findings find(Nanoseconds now);
  bool has_been_silent(const ServiceSlices::Recent& recent, Nanoseconds now) const;
  Condition condition_of_slowness(Nanoseconds now) const;
  void open(Condition condition, Nanoseconds now);
  void note_change(Condition condition, Nanoseconds now);
  Nanoseconds silent_since(Nanoseconds now) const;
  void follow(const Findings& findings, Nanoseconds now);
  void close(Nanoseconds now);
  bool is_settled(Nanoseconds now) const;
  std::size_t change_point(bool to_bad, std::size_t from, Nanoseconds now) const;
  Condition worst() const;
  void update_limits();
  void count_impact();

  static constexpr double kLeastLearnt = 20;  ///< requests

  ServiceSlices slices_;
  Condition condition_ = Condition::normal;
  std::optional<ServerImpact> impact_;
  std::optional<ServerImpact> ended_;
  Nanoseconds last_asked_;
  std::optional<Nanoseconds> first_seen_;

  // What is usual.
  double usual_ratio_ = 1;
  double usual_not_fast_ = 0;           ///< share of the requests
  double usual_other_ = 0;              ///< requests/s of clients that were not known
  double usual_requests_ = 0;           ///< requests/s of genuine clients
  double learnt_ = 0;                   ///< requests that the usual ratio was learnt from
  std::uint32_t seconds_ = 0;           ///< that the usual rates were learnt from
  std::optional<double> usual_median_;  ///< seconds
  DdSketch usual_;                      ///< response times
  DdSketch fresh_;                      ///< of the running epoch; learnt after the next one
  DdSketch waiting_;                    ///< of the epoch before
  Nanoseconds epoch_;                   ///< when the running epoch began
  Nanoseconds faded_;                   ///< when usual_ was last faded
  std::optional<ServiceHour> usual_hour_;
  Hour hour_;
  // The limits that follow from it.
  double slow_above_ = 0.1;  ///< seconds
  Nanoseconds patience_ = whole_seconds(1);

  // The running second.
  std::optional<Nanoseconds> second_;
  std::vector<float> responses_;
  std::uint32_t answers_in_second_ = 0;
  double requests_in_second_ = 0;
  double others_in_second_ = 0;
  double accepted_in_second_ = 0;
  double completed_in_second_ = 0;
  bool flooded_second_ = false;
  bool has_answered_ = false;
  // The second before.
  std::uint32_t answers_before_ = 0;
  std::optional<double> response_now_;
  std::optional<double> ratio_now_;

  // Of the open impact.
  Outcome all_;                   ///< of all slices ever
  Outcome base_;                  ///< of those before the impact
  double silent_requests_ = 0;    ///< of slices that were judged silent
  double silent_answered_ = 0;    ///< of these, since
  bool nobody_answered_ = false;  ///< in a flood, no client of any kind had an answer
  double failing_requests_ = 0;
  double failing_answered_ = 0;
  std::int64_t start_index_ = 0;  ///< of its first slice
  std::optional<Nanoseconds> good_since_;
};

}  // namespace floodgauge
