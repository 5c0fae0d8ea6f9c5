// Settings that the control path replaces while workers read them, by read-copy update (RCU:
// McKenney and Slingwine, "Read-Copy Update", PDCS 1998; rte_rcu_qsbr). It is the only way in which
// the control path reaches the workers. A value is always replaced as a whole. Workers read it
// through a pointer and pass a quiescent state once per burst. The old value is freed when every
// worker has passed one.
#pragma once

#include <atomic>
#include <memory>

struct rte_rcu_qsbr;

namespace floodgauge {

/// The readers of one RCU-protected value, identified by their numbers.
class RcuReaders {
 public:
  /// Reader numbers are 0..readers-1. Throws std::runtime_error when RCU cannot be set up.
  explicit RcuReaders(unsigned readers);

  /// From now on synchronise() waits for this reader.
  void enter(unsigned reader);
  /// The reader holds no pointer to the value at this moment.
  void quiescent(unsigned reader);
  /// From now on synchronise() does not wait for this reader.
  void leave(unsigned reader);
  /// Waits until every reader that has entered has passed a quiescent state or left.
  void synchronise();

 private:
  struct Free {
    void operator()(rte_rcu_qsbr* qsbr) const;
  };
  std::unique_ptr<rte_rcu_qsbr, Free> qsbr_;
};

/// Settings that one control thread writes and workers read.
template <typename Settings>
class LiveSettings {
 public:
  /// `workers`: worker numbers are 0..workers-1. Throws std::runtime_error when RCU cannot be set
  /// up.
  LiveSettings(std::unique_ptr<const Settings> first, unsigned workers)
      : readers_(workers), current_(first.release()) {}
  ~LiveSettings() { delete current_.load(); }
  LiveSettings(const LiveSettings&) = delete;
  LiveSettings& operator=(const LiveSettings&) = delete;

  // For workers: see RcuReaders.
  void enter(unsigned worker) { readers_.enter(worker); }
  /// The current value. The reference is valid until this worker's next quiescent() or leave().
  const Settings& read() const { return *current_.load(std::memory_order_acquire); }
  void quiescent(unsigned worker) { readers_.quiescent(worker); }
  void leave(unsigned worker) { readers_.leave(worker); }

  /// For the control path: replaces the value, waits until no worker uses the old one, and frees
  /// it.
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
