#include "engine/app/sensor.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "config/settings.h"
#include "engine/app/signatures.h"

namespace floodgauge {
namespace {

constexpr Nanoseconds kStart = whole_seconds(1'700'000'000);

/// A queue whose time goes on without packets, until it ends or throws.
class QuietQueue : public RxQueue {
 public:
  enum class End { finish, fail };
  explicit QuietQueue(End end) : end_(end) {}

  void receive(ReceivedBurst& burst, Nanoseconds& clock) override {
    burst.size = 0;
    now_ = now_ + milliseconds(10);
    clock = now_;
    if (++polls_ == 100 && end_ == End::fail) throw std::runtime_error("the queue is broken");
  }
  bool finished() const override { return polls_ >= 1000; }

 private:
  End end_;
  unsigned polls_ = 0;
  Nanoseconds now_ = kStart;
};

Settings small_settings() {
  Settings settings;
  settings.engine.flows = 1024;
  settings.engine.hosts = 1024;
  return settings;
}

/// Merges until the sensor has finished. False when it has not within ten seconds.
bool finishes(Sensor& sensor) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!sensor.finished()) {
    if (!sensor.merge_one()) std::this_thread::yield();
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

class SensorRun : public ::testing::Test {
 protected:
  std::unique_ptr<Sensor> sensor(RxQueue& first, RxQueue& second) {
    queues_ = {&first, &second};
    return std::make_unique<Sensor>(
        settings_, queues_, WindowGrid{kStart, milliseconds(100)}, LateMerge::wait,
        [](Nanoseconds, Transition, const Incident&) {}, signatures_);
  }

  Settings settings_ = small_settings();
  std::vector<ConfigError> errors_;
  std::shared_ptr<const SignatureSet> signatures_ = load_signatures(settings_, errors_);
  std::vector<RxQueue*> queues_;
};

TEST_F(SensorRun, WorkersThatReachTheEndHaveNotFailed) {
  QuietQueue first(QuietQueue::End::finish);
  QuietQueue second(QuietQueue::End::finish);
  const auto running = sensor(first, second);
  running->start();
  EXPECT_TRUE(finishes(*running));
  EXPECT_EQ(running->failure(), "");
}

TEST_F(SensorRun, AnExceptionOfAWorkerIsToldAndTheMergeDoesNotWaitForIt) {
  QuietQueue first(QuietQueue::End::finish);
  QuietQueue second(QuietQueue::End::fail);
  const auto running = sensor(first, second);
  running->start();
  EXPECT_TRUE(finishes(*running));
  EXPECT_EQ(running->failure(), "worker 1 has ended: the queue is broken");
}

TEST_F(SensorRun, AWorkerThatDoesNotEvenBeginIsToldAndNotWaitedFor) {
  QuietQueue first(QuietQueue::End::finish);
  QuietQueue second(QuietQueue::End::finish);
  const auto running = sensor(first, second);
  running->start([](unsigned worker, const std::function<void()>& run) {
    if (worker == 0) throw std::runtime_error("no such core");
    run();
  });
  EXPECT_TRUE(finishes(*running));
  EXPECT_EQ(running->failure(), "worker 0 has ended: no such core");
}

}  // namespace
}  // namespace floodgauge
