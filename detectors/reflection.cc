// Reflection below the limits: answers that the target did not ask for. A packet counts as
// reflected only when its flow shows no question (engine/classify), so that a modest number of
// packets from several servers is enough (Rossow, "Amplification Hell", NDSS 2014, section V, on
// what victims see).
#include "detectors/detector.h"

namespace floodgauge {
namespace {

/// The least of a flood, over a period.
constexpr double kAnswers = 100;
constexpr double kPackets = 300;  ///< answers and the fragments that belong to them
constexpr double kSources = 5;

/// Mean bytes of a packet from which answers are amplified. Where nothing that the target sends is
/// visible, its questions are not visible either; the answers to a resolver or an NTP client that
/// asks are smaller.
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
  // Peers of a file sharing client answer questions that are often not seen. These answers are only
  // judged by their limit.
  const auto shared = static_cast<double>(view.counts.of(Vector::reflection_bittorrent).packets);
  const double answers = view.unasked_answers() - shared;
  const double packets =
      answers + static_cast<double>(view.counts.of(Vector::udp_fragment).packets);
  constexpr Vector kVector = Vector::reflection_port;
  if (!view.at_least("unasked_answers", kVector, answers, kAnswers * view.scale)) return;
  if (!view.at_least("unasked_answers_and_fragments", kVector, packets, kPackets * view.scale)) {
    return;
  }
  const TargetSummary* const servers = view.summary_of(kVector);
  if (servers == nullptr) return view.refuse("the servers are not known");
  if (!view.at_least("servers", kVector, servers->sources.estimate(), kSources)) return;
  // A target that answers at least half of the packets is a server that is asked, from whatever
  // port.
  if (static_cast<double>(view.counts.answers) * 2 >= packets) {
    return view.refuse("the target answers at least half of the packets");
  }
  // A target that asks half as many questions is answered: in a sample of all packets, few
  // questions are seen together with their answers.
  if (static_cast<double>(view.counts.questions()) * 2 >= answers) {
    return view.refuse("the target asks half as many questions");
  }
  if (!is_amplified(view.counts)) return view.refuse("the answers are small, one side seen");
  // A host that talks to many peers on such ports (file sharing, calls) is answered by most of
  // them.
  const auto answered = static_cast<double>(view.counts.of(Vector::udp_answered).packets);
  if (answered > packets) return view.refuse("the target talks to many peers");
  verdict.findings.push_back({Vector::reflection_port, "unasked_answers_per_second",
                              packets / view.seconds, kPackets / 10, view.seconds});
}

}  // namespace floodgauge
