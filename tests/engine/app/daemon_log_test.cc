#include "engine/app/daemon_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

namespace floodgauge {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// What `log_to` writes to standard error while that is a file which JOURNAL_STREAM names, or does
/// not.
std::string logged(bool journal, DaemonLog::Form form,
                   const std::function<void(DaemonLog&)>& log_to) {
  std::FILE* file = std::tmpfile();
  struct stat about {};
  fstat(fileno(file), &about);
  const std::string name =
      std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino + (journal ? 0 : 1));
  setenv("JOURNAL_STREAM", name.c_str(), 1);
  const int before = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  {
    ControlMetrics metrics;
    DaemonLog log(form, metrics);
    log_to(log);
  }
  dup2(before, STDERR_FILENO);
  close(before);
  unsetenv("JOURNAL_STREAM");
  std::string text(4096, '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

Incident incident_of(Severity severity) {
  Incident incident;
  incident.severity = severity;
  return incident;
}

std::string incident_line(Transition transition, Severity severity) {
  return logged(true, DaemonLog::Form::json,
                [&](DaemonLog& log) { log.incident(transition, incident_of(severity)); });
}

TEST(DaemonLog, LinesForTheJournalBeginWithTheirPriority) {
  for (const auto form : {DaemonLog::Form::text, DaemonLog::Form::json}) {
    EXPECT_THAT(logged(true, form, [](DaemonLog& log) { log.info("a"); }), StartsWith("<6>"));
    EXPECT_THAT(logged(true, form, [](DaemonLog& log) { log.warn("a"); }), StartsWith("<4>"));
    EXPECT_THAT(logged(true, form, [](DaemonLog& log) { log.error("a"); }), StartsWith("<3>"));
  }
}

TEST(DaemonLog, ElsewhereLinesHaveNoPriority) {
  EXPECT_THAT(logged(false, DaemonLog::Form::json, [](DaemonLog& log) { log.warn("a"); }),
              StartsWith("{\"time\""));
}

TEST(DaemonLog, AnIncidentIsAWarningOrWorseUntilItCloses) {
  EXPECT_THAT(incident_line(Transition::opened, Severity::low), StartsWith("<4>"));
  EXPECT_THAT(incident_line(Transition::opened, Severity::medium), StartsWith("<4>"));
  EXPECT_THAT(incident_line(Transition::opened, Severity::high), StartsWith("<3>"));
  EXPECT_THAT(incident_line(Transition::escalated, Severity::critical), StartsWith("<2>"));
  EXPECT_THAT(incident_line(Transition::updated, Severity::critical), StartsWith("<6>"));
  EXPECT_THAT(incident_line(Transition::closed, Severity::critical), StartsWith("<5>"));
  EXPECT_THAT(incident_line(Transition::opened, Severity::low), HasSubstr("\"level\":\"warning\""));
  EXPECT_THAT(incident_line(Transition::closed, Severity::low), HasSubstr("\"level\":\"info\""));
}

TEST(DaemonLog, AnUpdateIsLoggedOnlyWhenItChangesWhatIsShown) {
  const std::string text = logged(false, DaemonLog::Form::text, [](DaemonLog& log) {
    Incident incident = incident_of(Severity::low);
    incident.id = "a";
    incident.peak_pps = 100;
    log.incident(Transition::opened, incident);
    log.incident(Transition::updated, incident);
    log.incident(Transition::updated, incident);
    incident.peak_pps = 200;
    log.incident(Transition::updated, incident);
    log.incident(Transition::closed, incident);
    log.incident(Transition::opened, incident);
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
  EXPECT_THAT(text, HasSubstr("incident updated: "));
  EXPECT_THAT(text, HasSubstr("peak_pps=200"));
}

}  // namespace
}  // namespace floodgauge
