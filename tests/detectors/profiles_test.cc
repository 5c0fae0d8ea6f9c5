#include "detectors/profiles.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

class ProfilesTest : public ::testing::Test {
 protected:
  ProfilesTest() : registry_(4) {
    settings_.profiles["strict"].thresholds.udp = 1000;
    protect("198.51.100.0/24", "default");
    protect("203.0.113.0/24", "strict");
    registry_.assign(settings_);
  }
  void protect(const char* prefix, const char* profile) {
    settings_.protect.push_back(
        {.name = "", .prefixes = {IpPrefix::parse(prefix).value()}, .profile = profile});
  }
  const Profile* named(const char* name) const { return &settings_.profiles.at(name); }

  Settings settings_;
  PrefixRegistry registry_;
};

TEST_F(ProfilesTest, EachPrefixHasTheProfileThatItNames) {
  const Profiles profiles(settings_, registry_);
  EXPECT_EQ(&profiles.of(0), named("default"));
  EXPECT_EQ(&profiles.of(1), named("strict"));
}

TEST_F(ProfilesTest, AProfileThatDoesNotExistIsTheDefault) {
  settings_.profiles.erase("strict");
  const Profiles profiles(settings_, registry_);
  EXPECT_EQ(&profiles.of(1), named("default"));
}

TEST_F(ProfilesTest, RefreshTakesTheNewSettings) {
  Profiles profiles(settings_, registry_);
  settings_.protect[0].profile = "strict";
  registry_.assign(settings_);
  EXPECT_EQ(&profiles.of(0), named("default"));
  profiles.refresh();
  EXPECT_EQ(&profiles.of(0), named("strict"));
}

TEST_F(ProfilesTest, RefreshTakesPrefixesThatWereAdded) {
  Profiles profiles(settings_, registry_);
  protect("192.0.2.0/24", "strict");
  registry_.assign(settings_);
  profiles.refresh();
  EXPECT_EQ(&profiles.of(2), named("strict"));
}

}  // namespace
}  // namespace floodgauge
