#include "engine/model/service_state.h"

namespace floodgauge {

const char* name(Condition condition) {
  switch (condition) {
    case Condition::normal:
      return "normal";
    case Condition::recovering:
      return "recovering";
    case Condition::slow:
      return "slow";
    case Condition::failing:
      return "failing";
    case Condition::silent:
      return "silent";
  }
  return "";
}

const char* name(Dark dark) {
  switch (dark) {
    case Dark::in:
      return "in";
    case Dark::out:
      return "out";
    case Dark::both:
      return "both";
  }
  return "";
}

}  // namespace floodgauge
