// What announces routes for us: ExaBGP, GoBGP, or a program of the user's.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "config/policy.h"
#include "engine/export/bgp/route.h"

namespace floodgauge {

class Speaker {
 public:
  Speaker() = default;
  virtual ~Speaker() = default;
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;

  /// Announces or withdraws a route. Returns when the speaker has acknowledged it. Both may be
  /// repeated. Returns what is wrong, or an empty text.
  virtual std::string announce(const Route& route) = 0;
  virtual std::string withdraw(const Route& route) = 0;

  /// True when the speaker was restarted since the last call. Its routes are gone then, and have to
  /// be announced again.
  virtual bool has_forgotten() { return false; }
  /// True when the speaker has ended and will not come back while this process runs.
  virtual bool has_ended() { return false; }
};

/// How long a speaker may take to acknowledge.
constexpr std::chrono::milliseconds kSpeakerPatience{5000};

/// ExaBGP, which runs this process: commands go to `output`, its acknowledgements come from `input`
/// (ExaBGP's text API, with `exabgp.api.ack`, its default).
std::unique_ptr<Speaker> make_exabgp_speaker(int input, int output);

/// gobgpd, by its client `gobgp`, or the program of the policy in its place.
std::unique_ptr<Speaker> make_gobgp_speaker(const SpeakerPolicy& policy);

/// A program of the user's. It is run as `PROGRAM announce` or `PROGRAM withdraw`, with the route
/// as a line of JSON on standard input: {"route", "kind", "target", "action"}. Status 0
/// acknowledges.
std::unique_ptr<Speaker> make_program_speaker(const SpeakerPolicy& policy);

/// The arguments of `gobgp global rib add|del` for a route, without the command itself; empty when
/// GoBGP has no word for a component.
std::vector<std::string> gobgp_arguments(const Route& route, const std::string& verb);

}  // namespace floodgauge
