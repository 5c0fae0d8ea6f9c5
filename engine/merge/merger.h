// Merges the workers' sealed windows into one NetworkWindow. Runs on the control core.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/base/window_grid.h"
#include "engine/count/window_exchange.h"
#include "engine/merge/duplicate_judge.h"
#include "engine/merge/host_index.h"
#include "engine/merge/network_window.h"
#include "engine/merge/slot_order.h"

namespace floodgauge {

class Merger {
 public:
  /// `hosts`: how many hosts one worker may have in a window.
  Merger(std::vector<WindowExchange*> workers, const WindowGrid& grid, const HashKey& key,
         std::uint32_t hosts, DuplicateMode duplicates = DuplicateMode::automatic);

  /// Merges the next window with packets into `window` as soon as every worker has passed it, and
  /// returns true. `window` is valid until release(), which must be called before the next call of
  /// next(). Never blocks.
  bool next(NetworkWindow& window);
  /// Returns the windows to the workers.
  void release();
  /// True when every worker has ended and every window was merged.
  bool finished() const;

 private:
  bool ready(std::uint64_t& index, bool& last);
  void judge_duplicates(NetworkWindow& window);
  void merge_hosts(NetworkWindow& window);
  void add_hosts(const WorkerWindow& part, NetworkWindow& window);
  void add_host(const WorkerWindow& part, std::uint32_t slot, std::uint64_t hash,
                NetworkWindow& window);
  void merge_prefixes(NetworkWindow& window);
  void merge_services(NetworkWindow& window);

  std::vector<WindowExchange*> workers_;
  std::vector<bool> taken_;
  WindowGrid grid_;
  HashKey key_;
  DuplicateJudge duplicates_;
  SlotOrder order_;
  HostIndex index_;
  HostRecords merged_;
  std::uint32_t merged_used_ = 0;
  std::vector<std::uint32_t> in_order_;   ///< 0, 1, ... up to the most merged hosts so far
  std::vector<std::uint32_t> prefix_at_;  ///< by prefix: its index in NetworkWindow::prefixes,
                                          ///< valid for the prefixes of the last window
};

}  // namespace floodgauge
