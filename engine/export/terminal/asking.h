// How the commands that ask a daemon or a history end.
#pragma once

#include <functional>
#include <stdexcept>

namespace floodgauge {

/// The question is wrong, or nobody knows what it asks for.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Runs `ask`, which prints an answer. Returns the exit status: 0 when it has; 2 for a UsageError
/// and 3 for another std::runtime_error, whose text goes to standard error.
int run_asking(const std::function<void()>& ask);

}  // namespace floodgauge
