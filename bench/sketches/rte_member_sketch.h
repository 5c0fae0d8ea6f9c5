// DPDK's sketch of heavy keys: rte_member in its sketch mode, which is NitroSketch (SIGCOMM 2019)
// on count-min, with a heap of the heaviest keys. Needs the EAL.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rte_lcore.h>
#include <rte_member.h>

#include "bench/sketches/heavy_hitter.h"

namespace floodgauge::bench {

/// `SamplePercent`: the share of a row's updates that are made. 100: all of them.
template <unsigned SamplePercent>
class RteMemberSketch {
 public:
  static constexpr const char* kName =
      SamplePercent == 100 ? "rte_member sketch" : "rte_member sketch, 1 in 20";
  explicit RteMemberSketch(std::size_t bytes) {
    static unsigned number = 0;
    const std::string name = "sketch" + std::to_string(number++);
    rte_member_parameters parameters{};
    parameters.name = name.c_str();
    parameters.type = RTE_MEMBER_TYPE_SKETCH;
    parameters.key_len = sizeof(IpAddress);
    parameters.num_keys = kHeaviest;
    parameters.prim_hash_seed = 1;
    parameters.sec_hash_seed = 2;
    parameters.sample_rate = SamplePercent / 100.0f;
    // Five rows of 4 / error / sample counters of eight bytes.
    const auto columns = static_cast<float>(bytes) / (5 * 8);
    parameters.error_rate = 4 / parameters.sample_rate / columns;
    parameters.top_k = kHeaviest;
    parameters.socket_id = static_cast<int>(rte_socket_id());
    sketch_ = rte_member_create(&parameters);
    if (sketch_ == nullptr) throw std::runtime_error("rte_member_create");
  }
  RteMemberSketch(const RteMemberSketch&) = delete;
  RteMemberSketch& operator=(const RteMemberSketch&) = delete;
  ~RteMemberSketch() { rte_member_free(sketch_); }

  /// Ignores the hash: rte_member computes its own.
  void add(const IpAddress& key, std::uint64_t) { rte_member_add(sketch_, &key, 1); }
  std::vector<Ranked> top(std::size_t n) const {
    std::vector<void*> keys(kHeaviest);
    std::vector<std::uint64_t> counts(kHeaviest);
    const int found = rte_member_report_heavyhitter(sketch_, keys.data(), counts.data());
    std::vector<Ranked> all;
    for (int i = 0; i < found; ++i) {
      const auto at = static_cast<std::size_t>(i);
      all.push_back({*static_cast<const IpAddress*>(keys[at]), counts[at]});
    }
    return heaviest(std::move(all), n);
  }

 private:
  // rte_member's ring of free slots holds a power of two minus one.
  static constexpr std::uint32_t kHeaviest = 255;
  rte_member_setsum* sketch_;
};

}  // namespace floodgauge::bench
