// Finds the record that a host has in a window, or begins it. A window has a limited number of
// records. The last sixteenth of them is kept back: when only those are free, a new host must have
// been seen often (OverflowHosts).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/branchless.h"
#include "engine/count/host_slots.h"
#include "engine/count/overflow_hosts.h"
#include "engine/count/worker_window.h"

namespace floodgauge {

class HostTable {
 public:
  /// `hosts`: how many records a window has. `grows`: whether the index may begin small.
  HostTable(std::uint32_t hosts, bool grows) : slots_(hosts, grows), limit_(hosts - hosts / 16) {}

  /// Prefetches the host's line of the index.
  void prefetch_index(std::uint64_t hash) const { slots_.prefetch(hash); }

  /// Prefetches the record that find_or_begin() is going to look at. Returns HostSlots::guess().
  [[gnu::always_inline]] std::uint32_t prefetch_record(std::uint64_t hash,
                                                       WorkerWindow& window) const {
    const std::uint32_t guess = slots_.guess(hash);
    // Without a branch: any record is prefetched when there is no guess.
    const std::uint32_t slot = only_if(guess != HostSlots::kNone, guess);
    const HostRecord& record = window.hosts[slot];
    record.prefetch_to_write();
    record.prefetch_events_to_write();
    slots_.prefetch_generation(slot);
    return guess;
  }

  /// A host at one end of a packet.
  struct Host {
    const IpAddress& address;
    std::uint64_t hash;        ///< keyed, of the address
    std::uint32_t slot_guess;  ///< what prefetch_record() returned in this burst
    std::uint32_t prefix;      ///< index of its protected prefix
  };
  /// The record of a host; nullptr when there is no room for another one. If it is the host's first
  /// packet in the window, its record is begun as `with` says.
  [[gnu::always_inline]] HostRecord* find_or_begin(const Host& host, HostBeginning with,
                                                   WorkerWindow& window) {
    // A host whose slot is not taken in this window is known by its hash alone. If two hosts have
    // the same hash, the first one gets the slot for this window and the other one another slot.
    const auto same = [&](std::uint32_t slot) {
      return !window.is_taken(slot) | (window.hosts[slot].address == host.address);
    };
    std::uint32_t slot = host.slot_guess;
    // Since the guess, the slot may have been given to another host.
    if (slot == HostSlots::kNone || !same(slot)) [[unlikely]] {
      slot = slots_.find(host.hash, same);
    }
    const bool has_slot = slot != HostSlots::kNone;
    if (has_slot && window.is_taken(slot)) return &window.hosts[slot];
    if (window.hosts_used >= limit_ &&
        (window.hosts_used >= window.hosts.size() || !overflow_.earned(host.hash))) {
      ++window.hosts_overflowed;
      return nullptr;
    }
    if (has_slot) {
      slots_.take(slot);
    } else {
      slot = new_slot(host.hash, window);
    }
    return &window.begin_host(slot, host.address, host.prefix, slots_.generation(slot), with);
  }

  /// The record of a host in the slot that one of its flows has cached, when the slot is not taken
  /// in this window yet. The record is begun with the prefix that an earlier window left there.
  /// nullptr when the slot has become another host's, when that prefix may have changed, or when
  /// not all hosts of a burst might find room: then those that come first have to be found in
  /// order.
  HostRecord* begin_in_cached_slot(const IpAddress& address, std::uint32_t slot,
                                   WorkerWindow& window);

  void next_window() {
    slots_.next_window();
    overflow_.next_window();
  }
  void prefault() {
    slots_.prefault();
    overflow_.prefault();
  }
  std::size_t memory_bytes() const { return slots_.memory_bytes() + overflow_.memory_bytes(); }

 private:
  std::uint32_t new_slot(std::uint64_t hash, const WorkerWindow& window);

  HostSlots slots_;
  OverflowHosts overflow_;
  std::uint32_t limit_;             ///< records that any host may have
  std::uint32_t slots_in_use_ = 0;  ///< hosts get slots below this one
};

}  // namespace floodgauge
