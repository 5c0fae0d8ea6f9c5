#include "engine/export/terminal/asking.h"

#include <cstdio>

namespace floodgauge {
namespace {

constexpr int kDone = 0;
constexpr int kUsage = 2;
constexpr int kNotReachable = 3;

}  // namespace

int run_asking(const std::function<void()>& ask) {
  try {
    ask();
    return kDone;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kUsage;
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kNotReachable;
  }
}

}  // namespace floodgauge
