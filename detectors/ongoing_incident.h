// What is measured of an open incident while it lasts: its packets by vector, who sends them, its
// rates and its severity. render() brings the Incident that others see up to date with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "detectors/detector.h"
#include "detectors/incident_rules.h"
#include "detectors/target_counts.h"
#include "detectors/target_tracker.h"
#include "engine/base/units.h"
#include "engine/classify/signature_set.h"
#include "engine/merge/sources_by_group.h"
#include "engine/model/incident.h"
#include "engine/model/vector.h"

namespace floodgauge {

class OngoingIncident {
 public:
  OngoingIncident(const Incident& first, const UsualRates& usual, std::size_t sources)
      : incident_(first),
        opening_evidence_(first.evidence.size()),
        usual_(usual),
        sources_(sources) {}

  /// Adds one window of what hit the target; at opening, a whole period. What was usual before is
  /// taken off.
  void add(const TargetCounts& counts, double seconds);
  /// Adds one window in which nothing belongs to the incident.
  void add_nothing();
  /// Adds packets of windows before the current one, whose vectors are not known.
  /// `connected`: packets within connections, which are a part of a flood of requests.
  void add_earlier(const Volume& volume, double seconds, const Volume& connected = {});
  /// Adds to the vectors' shares, and not to the totals, packets that add_earlier() counts.
  void add_shares(const TargetCounts& counts, double seconds);
  void note_peak(double packets_per_second, double bits_per_second);
  /// Takes the vectors of the findings. `over_limits`: the findings are rates over limits of the
  /// configuration, and their ratio to the limit tells the severity.
  void note(const Findings& findings, bool over_limits);
  /// Adds a point to the history of rates.
  void note_rate(double packets_per_second);

  /// Brings incident() up to date with what was added. Costs more than a window should: call it
  /// only when somebody looks. `signatures` may be null.
  void render(const SignatureSet* signatures);

  /// The vectors that it is about: those with at least one packet in twenty of any of its windows,
  /// and what belongs to them. All attack vectors while nothing has been added.
  VectorSet vectors() const { return vectors_.any() ? vectors_ : attack_vectors(); }

  /// Whether the connections that bring a flood of requests are a part of it.
  bool takes_connections() const;

  Incident& incident() { return incident_; }
  const Incident& incident() const { return incident_; }
  /// Adds who sent, as far as they sent packets of the incident's own vectors. Call it when the
  /// packets have been added.
  void add_sources(const SourcesByGroup& sources) {
    const bool all = incident_.direction == Direction::out;  // these are the receivers
    sources_.merge(sources, all ? ~VectorSet{} : vectors());
  }
  const SourcesByGroup& sources() const { return sources_; }
  void clear_signatures() { sources_.clear_signatures(); }

  Nanoseconds last_above;           ///< end of the last window or period with a finding
  Nanoseconds last_added;           ///< end of the last window that was added
  Nanoseconds last_reported;        ///< when the listener was last told
  Nanoseconds hold;                 ///< how long it stays open after last_above
  std::uint32_t prefix_number = 0;  ///< of the protected prefix
  bool slow = false;       ///< found over a period: single windows do not tell whether it lasts
  bool displaced = false;  ///< a larger incident takes its place at the end of the window
  bool moves = false;      ///< of a network: the flood moves from host to host (moving_floods.h)
  IncidentRules rules;     ///< kept by RuleKeeper; of a flood
  double worst_ratio = 1;  ///< greatest value per limit of its findings

 private:
  void note_requests(const Finding& finding);
  using VectorVolumes = std::array<Volume, kVectors>;
  /// Attack packets and bytes of `counts` beyond what was usual, by vector; also those of ordinary
  /// vectors that are part of a flood of the vectors found.
  VectorVolumes excess(const TargetCounts& counts, double seconds) const;
  /// The volumes as they are reported: vectors that are part of another are moved to that one.
  VectorVolumes as_reported(VectorVolumes volumes) const;
  void render_sources(const TargetSummary& summary);
  std::vector<VectorShare> shares() const;
  Vector main_vector() const;
  void note_vectors(const VectorVolumes& volumes, std::uint64_t packets);
  void judge_sources();
  void name_sender();
  std::string udp_service() const;
  std::vector<TopEntry> signature_entries(const SignatureSet* signatures) const;

  Incident incident_;
  std::size_t opening_evidence_;  ///< this many items of its evidence opened it; the rest is about
                                  ///< who sends and is replaced with each render()
  UsualRates usual_;
  SourcesByGroup sources_;  ///< who and what hits the target, of its own vectors
  VectorVolumes volumes_{};
  VectorVolumes last_volumes_{};  ///< of the last add()
  double last_seconds_ = 1;       ///< length of the last add()
  double seconds_ = 0;            ///< length of all of add() together
  std::set<Vector> found_;        ///< vectors of its findings
  VectorSet vectors_;             ///< see vectors()
  bool one_sided_ = false;        ///< found by the limits of all one-sided traffic alone
  std::vector<double> rates_;     ///< packets/s; each is the mean of rate_step_ windows
  std::size_t rate_step_ = 1;
  std::size_t rate_pending_ = 0;  ///< windows of the point that is not full yet
  double rate_sum_ = 0;           ///< sum of the rates of these windows
};

}  // namespace floodgauge
