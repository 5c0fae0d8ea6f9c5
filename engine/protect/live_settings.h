// The one place where the control path reaches the workers: what is protected, exchanged whole.
// Workers read through a pointer and pass a quiescent state once a burst; an old value is freed
// when every worker has passed one (RCU: rte_rcu_qsbr; McKenney and Slingwine, PDCS 1998).
#pragma once

#include <atomic>
#include <memory>

#include "engine/protect/protection.h"

struct rte_rcu_qsbr;

namespace floodgauge {

class LiveSettings {
 public:
  /// `workers`: reader numbers are 0..workers-1. Throws std::runtime_error when RCU cannot be set
  /// up.
  LiveSettings(std::unique_ptr<const Protection> first, unsigned workers);
  ~LiveSettings();
  LiveSettings(const LiveSettings&) = delete;
  LiveSettings& operator=(const LiveSettings&) = delete;

  // Workers.
  void enter(unsigned worker);
  /// Valid until this worker's next quiescent().
  const Protection& read() const { return *current_.load(std::memory_order_acquire); }
  void quiescent(unsigned worker);
  void leave(unsigned worker);

  // Control. Waits until no worker holds the old value, then frees it.
  void publish(std::unique_ptr<const Protection> next);

 private:
  struct Free {
    void operator()(rte_rcu_qsbr* qsbr) const;
  };
  std::unique_ptr<rte_rcu_qsbr, Free> qsbr_;
  std::atomic<const Protection*> current_;
};

}  // namespace floodgauge
