#include "engine/export/bgp/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace floodgauge {
namespace {

class JournalFile : public testing::Test {
 protected:
  JournalFile() {
    std::string name = testing::TempDir() + "floodgauge-journal-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~JournalFile() override { std::filesystem::remove_all(folder_); }

  static StandingRoute standing() {
    return {.route = {.action = RouteAction::blackhole,
                      .target = *IpPrefix::parse("198.51.100.7/32"),
                      .next_hop = "192.0.2.1"},
            .incident = "a",
            .since = whole_seconds(1),
            .confirmed = whole_seconds(2),
            .quiet_since = whole_seconds(3),
            .returns = 4};
  }
  std::string path() const { return folder_ / "state"; }

  std::filesystem::path folder_;
};

TEST_F(JournalFile, IsReadAsItWasWritten) {
  const Journal journal(path());
  EXPECT_TRUE(journal.load().routes.empty()) << "there is none yet";
  StandingRoute second = standing();
  second.route = *Route::parse(
      "flow route { match { destination 198.51.100.8/32; protocol =17; } then { rate-limit 9; "
      "community [65000:666]; } }");
  second.quiet_since.reset();
  ASSERT_EQ(journal.save({standing(), second}), "");
  const Journal::Loaded loaded = journal.load();
  EXPECT_EQ(loaded.wrong, "");
  ASSERT_EQ(loaded.routes.size(), 2u);
  EXPECT_EQ(loaded.routes[0].route.text(), standing().route.text());
  EXPECT_EQ(loaded.routes[0].since, whole_seconds(1));
  EXPECT_EQ(loaded.routes[0].confirmed, whole_seconds(2));
  EXPECT_EQ(loaded.routes[0].quiet_since, whole_seconds(3));
  EXPECT_EQ(loaded.routes[0].returns, 4u);
  EXPECT_EQ(loaded.routes[1].route.text(), second.route.text());
  EXPECT_FALSE(loaded.routes[1].quiet_since);
}

TEST_F(JournalFile, ADamagedOneIsSetAsideAndTold) {
  for (const char* content : {"", "{", "[]", "{\"schema\": \"other\", \"routes\": []}",
                              "{\"schema\": \"floodgauge.announced/1\", \"routes\": [{\"route\": "
                              "\"rubbish\", \"incident\": \"a\"}]}"}) {
    std::ofstream(path()) << content;
    const Journal::Loaded loaded = Journal(path()).load();
    EXPECT_TRUE(loaded.routes.empty());
    EXPECT_NE(loaded.wrong.find("it was set aside as " + path() + ".bad"), std::string::npos)
        << content;
    EXPECT_FALSE(std::filesystem::exists(path()));
    EXPECT_TRUE(std::filesystem::exists(path() + ".bad"));
  }
}

TEST_F(JournalFile, AFolderThatIsMissingIsAnError) {
  EXPECT_NE(Journal(folder_ / "missing" / "state").save({standing()}), "");
}

TEST_F(JournalFile, AFailedWriteLeavesTheOldOne) {
  const Journal journal(path());
  ASSERT_EQ(journal.save({standing()}), "");
  std::filesystem::create_directory(path() + ".new");
  EXPECT_NE(journal.save({}), "");
  EXPECT_EQ(journal.load().routes.size(), 1u);
}

}  // namespace
}  // namespace floodgauge
