#include "engine/app/examined.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace floodgauge {
namespace {

struct Case {
  std::string what;
  std::function<void(CaptureInfo&, EngineSnapshot&)> change;
  bool everything;
  std::vector<std::string> rows;
  bool nothing;
};

TEST(Examined, NamesWhatWasNot) {
  const std::vector<Case> cases = {
      {"everything was", [](CaptureInfo&, EngineSnapshot&) {}, true, {}, false},
      {"no packets",
       [](CaptureInfo&, EngineSnapshot& snapshot) { snapshot.total = {}; },
       true,
       {"no_packets"},
       true},
      {"no IP packet",
       [](CaptureInfo&, EngineSnapshot& snapshot) { snapshot.parse.ipv4 = 0; },
       true,
       {"nothing_opened"},
       true},
      {"one IPv6 packet alone",
       [](CaptureInfo&, EngineSnapshot& snapshot) {
         snapshot.parse.ipv4 = 0;
         snapshot.parse.ipv6 = 1;
       },
       true,
       {},
       false},
      {"no protected packet",
       [](CaptureInfo&, EngineSnapshot& snapshot) { snapshot.unprotected = 100'000; },
       false,
       {"nothing_protected"},
       true},
      {"one protected packet",
       [](CaptureInfo&, EngineSnapshot& snapshot) { snapshot.unprotected = 99'999; },
       false,
       {},
       false},
      {"all protected packets are excluded",
       [](CaptureInfo&, EngineSnapshot& snapshot) {
         snapshot.unprotected = 40'000;
         snapshot.excluded = 60'000;
       },
       false,
       {"everything_excluded"},
       true},
      {"all but one are excluded",
       [](CaptureInfo&, EngineSnapshot& snapshot) {
         snapshot.unprotected = 40'000;
         snapshot.excluded = 59'999;
       },
       false,
       {"excluded"},
       false},
      {"no times",
       [](CaptureInfo& capture, EngineSnapshot&) { capture.timing = Timing::none; },
       true,
       {"no_times"},
       false},
      {"one in a hundred to groups",
       [](CaptureInfo&, EngineSnapshot& snapshot) { snapshot.to_groups = 1000; },
       true,
       {"group_addresses"},
       false},
      {"fewer than one in a hundred to groups",
       [](CaptureInfo&, EngineSnapshot& snapshot) { snapshot.to_groups = 999; },
       true,
       {},
       false},
      {"many to groups in much traffic",
       [](CaptureInfo&, EngineSnapshot& snapshot) {
         snapshot.total.packets = 100'000'000;
         snapshot.to_groups = 10'000;
       },
       true,
       {"group_addresses"},
       false},
      {"a tenth was not opened",
       [](CaptureInfo&, EngineSnapshot& snapshot) {
         snapshot.unopened.by_layer[static_cast<std::size_t>(StopLayer::link)] = 10'000;
       },
       true,
       {"not_opened"},
       false},
      {"less than a tenth was not opened",
       [](CaptureInfo&, EngineSnapshot& snapshot) {
         snapshot.unopened.by_layer[static_cast<std::size_t>(StopLayer::link)] = 9999;
       },
       true,
       {},
       false},
      {"ARP",
       [](CaptureInfo&, EngineSnapshot& snapshot) {
         snapshot.unopened.by_layer[static_cast<std::size_t>(StopLayer::ethertype)] = 50'000;
         snapshot.unopened.kinds = {{{StopLayer::ethertype, 0x0806}, 50'000}};
       },
       true,
       {},
       false},
      {"interrupted and cut off",
       [](CaptureInfo& capture, EngineSnapshot&) {
         capture.interrupted = capture.truncated = true;
       },
       true,
       {"interrupted", "cut_off"},
       false},
      {"no packets before the interruption",
       [](CaptureInfo& capture, EngineSnapshot& snapshot) {
         snapshot.total = {};
         capture.interrupted = true;
       },
       true,
       {"no_packets", "interrupted"},
       true},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.what);
    CaptureInfo capture;
    EngineSnapshot snapshot;
    snapshot.total.packets = 100'000;
    snapshot.parse.ipv4 = 100'000;
    test.change(capture, snapshot);
    const std::vector<NotExamined> rows =
        not_examined(capture, snapshot, test.everything, "198.51.100.0/24");
    std::vector<std::string> words;
    for (const NotExamined& row : rows) {
      words.push_back(row.what);
      EXPECT_TRUE(!row.text.empty() || row.what == "not_opened");
    }
    EXPECT_EQ(words, test.rows);
    EXPECT_EQ(nothing_examined(rows), test.nothing);
  }
}

}  // namespace
}  // namespace floodgauge
