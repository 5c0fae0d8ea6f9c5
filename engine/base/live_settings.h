// The one place where the control path reaches the workers: settings, exchanged whole. Workers read
// through a pointer and pass a quiescent state once a burst. An old value is freed when every
// worker has passed one (RCU: rte_rcu_qsbr; McKenney and Slingwine, "Read-Copy Update", PDCS 1998).
#pragma once

#include <atomic>
#include <memory>

struct rte_rcu_qsbr;

namespace floodgauge {

/// The readers of one RCU-protected value, by number.
class RcuReaders {
 public:
  /// Reader numbers are 0..readers-1. Throws std::runtime_error when RCU cannot be set up.
  explicit RcuReaders(unsigned readers);

  void enter(unsigned reader);
  void quiescent(unsigned reader);
  void leave(unsigned reader);
  /// Waits until every reader that is inside has passed a quiescent state.
  void synchronise();

 private:
  struct Free {
    void operator()(rte_rcu_qsbr* qsbr) const;
  };
  std::unique_ptr<rte_rcu_qsbr, Free> qsbr_;
};

template <typename Settings>
class LiveSettings {
 public:
  /// `workers`: reader numbers are 0..workers-1. Throws std::runtime_error when RCU cannot be set
  /// up.
  LiveSettings(std::unique_ptr<const Settings> first, unsigned workers)
      : readers_(workers), current_(first.release()) {}
  ~LiveSettings() { delete current_.load(); }
  LiveSettings(const LiveSettings&) = delete;
  LiveSettings& operator=(const LiveSettings&) = delete;

  // For workers.
  void enter(unsigned worker) { readers_.enter(worker); }
  /// Valid until this worker's next quiescent().
  const Settings& read() const { return *current_.load(std::memory_order_acquire); }
  void quiescent(unsigned worker) { readers_.quiescent(worker); }
  void leave(unsigned worker) { readers_.leave(worker); }

  /// For the control path: waits until no worker holds the old value, then frees it.
  void publish(std::unique_ptr<const Settings> next) {
    const std::unique_ptr<const Settings> old(
        current_.exchange(next.release(), std::memory_order_acq_rel));
    readers_.synchronise();
  }

 private:
  RcuReaders readers_;
  std::atomic<const Settings*> current_;
};

}  // namespace floodgauge
