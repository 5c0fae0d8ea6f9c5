#include "engine/base/live_settings.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

#include <rte_rcu_qsbr.h>

namespace floodgauge {

void RcuReaders::Free::operator()(rte_rcu_qsbr* qsbr) const {
  std::free(qsbr);
}

RcuReaders::RcuReaders(unsigned readers) {
  const std::size_t size = rte_rcu_qsbr_get_memsize(readers);
  const std::size_t rounded =
      (size + RTE_CACHE_LINE_SIZE - 1) / RTE_CACHE_LINE_SIZE * RTE_CACHE_LINE_SIZE;
  qsbr_.reset(static_cast<rte_rcu_qsbr*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, rounded)));
  if (qsbr_ == nullptr || rte_rcu_qsbr_init(qsbr_.get(), readers) != 0) {
    throw std::runtime_error("cannot set up RCU for " + std::to_string(readers) + " workers");
  }
  for (unsigned reader = 0; reader < readers; ++reader) {
    rte_rcu_qsbr_thread_register(qsbr_.get(), reader);
  }
}

void RcuReaders::enter(unsigned reader) {
  rte_rcu_qsbr_thread_online(qsbr_.get(), reader);
}

void RcuReaders::quiescent(unsigned reader) {
  rte_rcu_qsbr_quiescent(qsbr_.get(), reader);
}

void RcuReaders::leave(unsigned reader) {
  rte_rcu_qsbr_thread_offline(qsbr_.get(), reader);
}

void RcuReaders::synchronise() {
  // rte_rcu_qsbr_synchronize() makes the same two calls, but inside DPDK's library, where
  // ThreadSanitizer does not see the synchronisation.
  rte_rcu_qsbr_check(qsbr_.get(), rte_rcu_qsbr_start(qsbr_.get()), true);
}

}  // namespace floodgauge
