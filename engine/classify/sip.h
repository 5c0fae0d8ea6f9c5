// The start line of a SIP message (RFC 3261, section 7): request or answer.
#pragma once

#include <cstdint>

#include "engine/classify/payload.h"

namespace floodgauge {

enum class SipMethod : std::uint8_t {
  none,
  invite,
  register_,
  options,
  ack,
  bye,
  cancel,
  other,  ///< SUBSCRIBE, NOTIFY, MESSAGE, REFER, INFO, PRACK, UPDATE, PUBLISH
};

/// Neither a method nor a code: not the beginning of a SIP message.
struct SipStart {
  SipMethod method = SipMethod::none;
  std::uint16_t code = 0;  ///< of an answer, 100..699

  bool request() const { return method != SipMethod::none; }
  bool answer() const { return code != 0; }
};

/// "METHOD sip:…", "METHOD sips:…", "METHOD tel:…" or "SIP/2.0 code".
inline SipStart parse_sip_start(Payload payload) {
  struct Name {
    std::string_view text;
    SipMethod method;
  };
  static constexpr Name kNames[] = {
      {"INVITE ", SipMethod::invite},   {"REGISTER ", SipMethod::register_},
      {"OPTIONS ", SipMethod::options}, {"ACK ", SipMethod::ack},
      {"BYE ", SipMethod::bye},         {"CANCEL ", SipMethod::cancel},
      {"SUBSCRIBE ", SipMethod::other}, {"NOTIFY ", SipMethod::other},
      {"MESSAGE ", SipMethod::other},   {"REFER ", SipMethod::other},
      {"INFO ", SipMethod::other},      {"PRACK ", SipMethod::other},
      {"UPDATE ", SipMethod::other},    {"PUBLISH ", SipMethod::other},
  };
  if (payload.empty() || payload[0] < 'A' || payload[0] > 'Z') return {};
  if (has_at(payload, 0, "SIP/2.0 ")) return {SipMethod::none, status_code_at(payload, 8)};
  for (const Name& name : kNames) {
    if (!has_at(payload, 0, name.text)) continue;
    const std::size_t at = name.text.size();
    const bool target =
        has_at(payload, at, "sip:") || has_at(payload, at, "sips:") || has_at(payload, at, "tel:");
    return {target ? name.method : SipMethod::none, 0};
  }
  return {};
}

}  // namespace floodgauge
