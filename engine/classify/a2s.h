// Queries to game servers, and their answers: Valve's A2S and the Quake III family, both behind
// four bytes of 0xff. Servers answer many times what was asked, to whoever was named as the sender.
// https://developer.valvesoftware.com/wiki/Server_queries
#pragma once

#include <cstdint>

#include "engine/classify/payload.h"

namespace floodgauge {

enum class GameQuery : std::uint8_t {
  none,
  a2s_request,
  a2s_answer,
  quake_request,
  quake_answer,
};

/// Needs the first 5 bytes for A2S, and the whole word for Quake.
inline GameQuery parse_game_query(Payload payload) {
  using namespace std::string_view_literals;
  constexpr std::string_view kSingle = "\xff\xff\xff\xff"sv;
  constexpr std::string_view kSplit = "\xfe\xff\xff\xff"sv;
  constexpr std::string_view kQuakeRequests[] = {"getstatus"sv, "getinfo"sv, "getchallenge"sv,
                                                 "getservers"sv, "rcon"sv};
  constexpr std::string_view kQuakeAnswers[] = {
      "statusResponse"sv,        "infoResponse"sv, "challengeResponse"sv, "getserversResponse"sv,
      "getserversExtResponse"sv, "print\n"sv,      "disconnect"sv};
  if (payload.size() < 5) return GameQuery::none;
  if (has_at(payload, 0, kSplit)) return GameQuery::a2s_answer;
  if (!has_at(payload, 0, kSingle)) return GameQuery::none;
  for (const std::string_view word : kQuakeRequests) {
    if (has_at(payload, 4, word)) return GameQuery::quake_request;
  }
  for (const std::string_view word : kQuakeAnswers) {
    if (has_at(payload, 4, word)) return GameQuery::quake_answer;
  }
  switch (payload[4]) {
    case 'T':  // A2S_INFO
    case 'U':  // A2S_PLAYER
    case 'V':  // A2S_RULES
    case 'W':  // A2S_SERVERQUERY_GETCHALLENGE
    case 'i':  // A2A_PING
      return GameQuery::a2s_request;
    case 'I':  // S2A_INFO
    case 'm':  // S2A_INFO of the GoldSrc engine
    case 'D':  // S2A_PLAYER
    case 'E':  // S2A_RULES
    case 'A':  // S2C_CHALLENGE
    case 'j':  // A2A_ACK
      return GameQuery::a2s_answer;
    default:
      return GameQuery::none;
  }
}

}  // namespace floodgauge
