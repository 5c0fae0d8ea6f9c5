// The workers' sealed windows -> one NetworkWindow. Runs on the control core.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/base/window_grid.h"
#include "engine/count/window_exchange.h"
#include "engine/merge/host_index.h"
#include "engine/merge/network_window.h"
#include "engine/merge/slot_order.h"

namespace floodgauge {

class Merger {
 public:
  /// `hosts`: how many may be in one merged window.
  Merger(std::vector<WindowExchange*> workers, const WindowGrid& grid, const HashKey& key,
         std::uint32_t hosts);

  /// When every worker has passed the next window that holds anything: merges it into `window`,
  /// which stays valid until release() and must be released before the next call. Never blocks.
  bool next(NetworkWindow& window);
  /// Gives the workers their windows back.
  void release();
  /// Every worker has ended and everything was merged.
  bool finished() const;

 private:
  bool ready(std::uint64_t& index, bool& last);
  void merge_hosts(NetworkWindow& window);
  void add_hosts(const WorkerWindow& part, NetworkWindow& window);
  void add_host(const WorkerWindow& part, std::uint32_t place, std::uint64_t hash,
                NetworkWindow& window);
  void merge_prefixes(NetworkWindow& window);

  std::vector<WindowExchange*> workers_;
  std::vector<bool> taken_;
  WindowGrid grid_;
  HashKey key_;
  SlotOrder order_;
  HostIndex index_;
  HostRecords merged_;
  std::uint32_t merged_used_ = 0;
  std::vector<std::uint32_t> in_order_;   ///< 0, 1, ... as far as merged hosts were ever used
  std::vector<std::uint32_t> prefix_at_;  ///< where a window has a prefix; of those touched last
};

}  // namespace floodgauge
