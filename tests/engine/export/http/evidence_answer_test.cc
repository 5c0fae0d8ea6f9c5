// The download of an incident's capture.
#include "engine/export/http/evidence_answer.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "engine/export/http/web_api.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

TEST(EvidenceAnswer, ACaptureOfAnIncidentIsReadFromTheFolderAndNothingElse) {
  namespace fs = std::filesystem;
  const std::string path = "/api/v1/incidents/0123456789abcdef/evidence";
  WebApi::Options options;
  options.latest = [] { return std::make_shared<const EngineSnapshot>(sample::link()); };
  ControlMetrics metrics;
  const auto get = [&](const std::string& at) {
    return WebApi(options, metrics)({"GET", at, {}, ""});
  };
  EXPECT_EQ(get(path).status, 404) << "no evidence is kept";
  std::string folder = ::testing::TempDir() + "floodgauge-captures-XXXXXX";
  options.evidence = mkdtemp(folder.data());
  EXPECT_EQ(get(path).status, 404) << "none of this incident";
  std::ofstream(folder + "/0123456789abcdef.pcapng") << "a capture";
  const HttpResponse found = get(path);
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.body, "a capture");
  EXPECT_NE(
      response_head(found).find("attachment; filename=\"floodgauge-0123456789abcdef.pcapng\""),
      std::string::npos);
  std::ofstream(folder + "/secret.pcapng") << "a secret";
  for (const char* other : {"secret", "../captures/secret", "0123456789ABCDEF", "0123456789abcde",
                            "0123456789abcdef0", "/0123456789abcdef", ""}) {
    EXPECT_EQ(get("/api/v1/incidents/" + std::string(other) + "/evidence").status, 404) << other;
  }
  fs::create_symlink("/etc/passwd", folder + "/00000000000000aa.pcapng");
  EXPECT_EQ(get("/api/v1/incidents/00000000000000aa/evidence").status, 503);
  fs::create_directory(folder + "/00000000000000bb.pcapng");
  EXPECT_EQ(get("/api/v1/incidents/00000000000000bb/evidence").status, 503);
  const std::string large = folder + "/00000000000000cc.pcapng";
  std::ofstream(large) << "x";
  fs::resize_file(large, kMostEvidenceBytes);
  EXPECT_EQ(get("/api/v1/incidents/00000000000000cc/evidence").status, 200);
  fs::resize_file(large, kMostEvidenceBytes + 1);
  EXPECT_EQ(get("/api/v1/incidents/00000000000000cc/evidence").status, 503);
  EXPECT_EQ(WebApi::lane({"GET", path, {}, ""}, false), WebApi::kHistory) << "off the fast thread";
  fs::remove_all(folder);
}

}  // namespace
}  // namespace floodgauge
