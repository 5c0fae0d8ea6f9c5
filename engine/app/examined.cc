#include "engine/app/examined.h"

#include <algorithm>

#include "engine/base/number_text.h"
#include "engine/export/report/unopened_text.h"

namespace floodgauge {
namespace {

/// Packets to groups and excluded ones are named in words from this share of all packets, or from
/// this number. In most networks a few packets go to groups, and nobody has to be told of them.
constexpr double kShareWorthTelling = 0.01;
constexpr std::uint64_t kPacketsWorthTelling = 10'000;
/// Packets that were not opened have a row of the report's own; from this share the first line
/// tells of them too.
constexpr double kUnopenedShareWorthTelling = 0.1;

/// Packets in which no IP header was reached. ARP carries nothing that could be a flood's; what is
/// within IP and not opened is counted by its IP header.
std::uint64_t not_opened(const EngineSnapshot& snapshot) {
  constexpr std::uint32_t kArp = 0x0806;
  const Unopened& unopened = snapshot.unopened;
  const auto of = [&](StopLayer layer) {
    return unopened.by_layer[static_cast<std::size_t>(layer)];
  };
  std::uint64_t sum = of(StopLayer::link) + of(StopLayer::ethertype);
  for (const UnopenedKind& kind : unopened.kinds) {
    if (kind.stop.layer == StopLayer::ethertype && kind.stop.value == kArp) sum -= kind.packets;
  }
  return sum;
}

/// What keeps all packets of the capture from being examined, in the order in which it is told.
void add_nothing_rows(const EngineSnapshot& snapshot, const std::string& protecting,
                      std::vector<NotExamined>& rows) {
  const std::uint64_t all = snapshot.total.packets;
  if (all == 0) {
    rows.push_back({"no_packets", 0, "there are no packets"});
  } else if (snapshot.parse.ipv4 + snapshot.parse.ipv6 == 0) {
    const std::string unopened = unopened_text(snapshot.unopened);
    rows.push_back({"nothing_opened", all,
                    "no IP packet was found in " + counted(all, "packet") +
                        (unopened.empty() ? "" : ": " + unopened)});
  } else if (snapshot.unprotected == all) {
    rows.push_back({"nothing_protected", all,
                    "none of " + counted(all, "packet") + " is from or to a protected address (" +
                        protecting + ")"});
  } else if (snapshot.excluded > 0 && snapshot.excluded + snapshot.unprotected >= all) {
    rows.push_back(
        {"everything_excluded", snapshot.excluded,
         "the configuration excludes all " + counted(snapshot.excluded, "protected packet")});
  }
}

}  // namespace

std::vector<NotExamined> not_examined(const CaptureInfo& capture, const EngineSnapshot& snapshot,
                                      bool everything, const std::string& protecting) {
  std::vector<NotExamined> rows;
  add_nothing_rows(snapshot, protecting, rows);
  const bool nothing = !rows.empty();
  const std::uint64_t all = snapshot.total.packets;
  if (all > 0 && capture.timing == Timing::none) {
    rows.push_back({"no_times", all,
                    "no packet has a time, so no rate is known; " + counted(all, "packet") +
                        (all == 1 ? " was counted" : " were counted")});
  }
  const auto worth_telling = [&](std::uint64_t packets) {
    return packets >= kPacketsWorthTelling ||
           static_cast<double>(packets) >= kShareWorthTelling * static_cast<double>(all);
  };
  if (!nothing && everything && snapshot.to_groups > 0 && worth_telling(snapshot.to_groups)) {
    rows.push_back({"group_addresses", snapshot.to_groups,
                    counted(snapshot.to_groups, "packet") +
                        " to multicast or broadcast addresses, which are protected only where "
                        "--protect names them"});
  }
  if (!nothing && static_cast<double>(not_opened(snapshot)) >=
                      kUnopenedShareWorthTelling * static_cast<double>(all)) {
    rows.push_back({"not_opened", not_opened(snapshot), unopened_text(snapshot.unopened)});
  }
  if (!nothing && snapshot.excluded > 0 && worth_telling(snapshot.excluded)) {
    rows.push_back({"excluded", snapshot.excluded,
                    counted(snapshot.excluded, "packet") + " that the configuration excludes"});
  }
  if (capture.interrupted) {
    rows.push_back({"interrupted", 0, "what follows the interruption by the user"});
  }
  if (capture.truncated) rows.push_back({"cut_off", 0, "what follows where the capture broke off"});
  return rows;
}

bool nothing_examined(std::span<const NotExamined> rows) {
  static constexpr std::string_view kNothing[] = {"no_packets", "nothing_opened",
                                                  "nothing_protected", "everything_excluded"};
  return std::any_of(rows.begin(), rows.end(), [](const NotExamined& row) {
    return std::find(std::begin(kNothing), std::end(kNothing), row.what) != std::end(kNothing);
  });
}

}  // namespace floodgauge
