#include <nlohmann/json.hpp>

#include "engine/export/bgp/child_program.h"
#include "engine/export/bgp/speaker.h"

namespace floodgauge {
namespace {

class ProgramSpeaker : public Speaker {
 public:
  explicit ProgramSpeaker(std::string program) : program_(std::move(program)) {}

  std::string announce(const Route& route) override { return run("announce", route); }
  std::string withdraw(const Route& route) override { return run("withdraw", route); }

 private:
  std::string run(const std::string& verb, const Route& route) const {
    const nlohmann::ordered_json line = {
        {"route", route.text()},
        {"kind", route.is_flowspec() ? "flowspec" : "blackhole"},
        {"target", route.target.text()},
        {"action", kRouteActionNames[static_cast<std::size_t>(route.action)]}};
    const ProgramResult ran = run_program({program_, verb}, line.dump() + "\n", kSpeakerPatience);
    return ran.wrong.empty() ? "" : program_ + ": " + ran.wrong;
  }

  std::string program_;
};

}  // namespace

std::unique_ptr<Speaker> make_program_speaker(const SpeakerPolicy& policy) {
  return std::make_unique<ProgramSpeaker>(policy.program);
}

}  // namespace floodgauge
