// Reflection below the limits: answers that nobody asked for. A packet counts as reflected only
// when its flow shows no question (engine/classify), so that a modest number of them, from several
// servers, is enough (Rossow, "Amplification Hell", NDSS 2014, section V, on what victims see).
#include "detectors/detector.h"

namespace floodgauge {
namespace {

constexpr double kAnswers = 100;
constexpr double kPackets = 300;  ///< answers with the fragments that go with them
constexpr double kSources = 5;

/// Bytes of a packet on the wire from which an answer is worth reflecting. Where nothing that the
/// target sends is visible, its questions are not either: answers to a resolver or to a clock that
/// asks are small.
constexpr double kWorthwhile = 250;

bool is_amplified(const TargetCounts& counts) {
  if (counts.out_total.packets != 0) return true;
  Volume answers = counts.of(TrafficClass::reflection);
  answers += counts.of(Vector::udp_fragment);
  return static_cast<double>(answers.bytes) >= kWorthwhile * static_cast<double>(answers.packets);
}

}  // namespace

void check_reflection_period(const TargetView& view, Verdict& verdict) {
  if (view.summary == nullptr || view.whole_prefix) return;
  // File sharing asks many for what few see asked: only its limit tells.
  const auto shared = static_cast<double>(view.counts.of(Vector::reflection_bittorrent).packets);
  const double answers = view.unasked_answers() - shared;
  const double packets =
      answers + static_cast<double>(view.counts.of(Vector::udp_fragment).packets);
  if (answers < kAnswers * view.scale || packets < kPackets * view.scale) return;
  if (view.summary->sources.estimate() < kSources) return;
  // A server that answers most of what comes is being asked, from whatever port.
  if (static_cast<double>(view.counts.answers) * 2 >= packets) return;
  // Nor is one that asks as many questions: in a sample of all packets few are seen with their
  // answers.
  if (static_cast<double>(view.counts.questions()) * 2 >= answers) return;
  if (!is_amplified(view.counts)) return;
  // A host that talks to many peers on such ports (file sharing, calls) is answered by most of
  // them.
  const auto answered = static_cast<double>(view.counts.of(Vector::udp_answered).packets);
  if (answered > packets) return;
  verdict.findings.push_back({Vector::reflection_port, "unasked_answers_per_second",
                              packets / view.seconds, kPackets / 10, view.seconds});
}

}  // namespace floodgauge
