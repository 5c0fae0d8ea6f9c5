#include "engine/port/dpdk_log.h"

#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <rte_log.h>

namespace floodgauge {
namespace {

/// DPDK writes this at each start of a program that serves no metrics of the form before 20.05 (its
/// lib/telemetry/telemetry.c). It tells the operator nothing.
constexpr std::string_view kEveryStart = "TELEMETRY: No legacy callbacks";

}  // namespace

struct DpdkLog::State {
  std::function<void(const std::string&)> line;
  std::mutex lock;
  std::string partial;
  std::string held;
  bool holding = false;
  std::FILE* stream = nullptr;

  static ssize_t write(void* cookie, const char* data, std::size_t size) {
    auto& state = *static_cast<State*>(cookie);
    const std::scoped_lock lock(state.lock);
    for (std::size_t i = 0; i < size; ++i) {
      if (data[i] == '\n') {
        state.complete();
      } else if (state.partial.size() < 500) {
        state.partial += data[i];
      }
    }
    return static_cast<ssize_t>(size);
  }

  void complete() {
    std::string text = std::exchange(partial, {});
    if (text.empty() || text.starts_with(kEveryStart)) return;
    if (!holding) {
      line(text);
    } else if (held.size() < 2000) {
      held += (held.empty() ? "" : "; ") + text;
    }
  }
};

DpdkLog::DpdkLog(std::function<void(const std::string&)> line) : state_(new State) {
  state_->line = std::move(line);
  cookie_io_functions_t functions{};
  functions.write = State::write;
  state_->stream = fopencookie(state_, "w", functions);
  if (state_->stream == nullptr) {
    delete state_;
    throw std::runtime_error("cannot take DPDK's log");
  }
  std::setvbuf(state_->stream, nullptr, _IOLBF, 0);
  rte_openlog_stream(state_->stream);
}

DpdkLog::~DpdkLog() {
  rte_openlog_stream(nullptr);
  std::fclose(state_->stream);
  delete state_;
}

void DpdkLog::hold() {
  const std::scoped_lock lock(state_->lock);
  state_->holding = true;
  state_->held.clear();
}

std::string DpdkLog::release() {
  const std::scoped_lock lock(state_->lock);
  state_->holding = false;
  return std::exchange(state_->held, {});
}

}  // namespace floodgauge
