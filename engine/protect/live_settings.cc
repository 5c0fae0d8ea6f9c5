#include "engine/protect/live_settings.h"

#include <cstdlib>
#include <stdexcept>

#include <rte_rcu_qsbr.h>

namespace floodgauge {

void LiveSettings::Free::operator()(rte_rcu_qsbr* qsbr) const {
  std::free(qsbr);
}

LiveSettings::LiveSettings(std::unique_ptr<const Protection> first, unsigned workers)
    : current_(first.release()) {
  const std::size_t size = rte_rcu_qsbr_get_memsize(workers);
  const std::size_t rounded =
      (size + RTE_CACHE_LINE_SIZE - 1) / RTE_CACHE_LINE_SIZE * RTE_CACHE_LINE_SIZE;
  qsbr_.reset(static_cast<rte_rcu_qsbr*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, rounded)));
  if (qsbr_ == nullptr || rte_rcu_qsbr_init(qsbr_.get(), workers) != 0) {
    throw std::runtime_error("cannot set up RCU for " + std::to_string(workers) + " workers");
  }
  for (unsigned worker = 0; worker < workers; ++worker) {
    rte_rcu_qsbr_thread_register(qsbr_.get(), worker);
  }
}

LiveSettings::~LiveSettings() {
  delete current_.load();
}

void LiveSettings::enter(unsigned worker) {
  rte_rcu_qsbr_thread_online(qsbr_.get(), worker);
}

void LiveSettings::quiescent(unsigned worker) {
  rte_rcu_qsbr_quiescent(qsbr_.get(), worker);
}

void LiveSettings::leave(unsigned worker) {
  rte_rcu_qsbr_thread_offline(qsbr_.get(), worker);
}

void LiveSettings::publish(std::unique_ptr<const Protection> next) {
  const Protection* old = current_.exchange(next.release(), std::memory_order_acq_rel);
  // Not rte_rcu_qsbr_synchronize(), which is these two calls inside DPDK's library, where
  // ThreadSanitizer does not see what they wait for.
  rte_rcu_qsbr_check(qsbr_.get(), rte_rcu_qsbr_start(qsbr_.get()), true);
  delete old;
}

}  // namespace floodgauge
