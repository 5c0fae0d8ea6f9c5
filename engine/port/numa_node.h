// Memory near a NUMA node, for memory of the kernel's that DPDK does not place itself.
#pragma once

namespace floodgauge {

/// While it lives, memory that the calling thread is first to touch comes from `node` as long as
/// there is some (-1: as ever). What was touched before stays where it is.
class PreferNode {
 public:
  explicit PreferNode(int node);
  ~PreferNode();
  PreferNode(const PreferNode&) = delete;
  PreferNode& operator=(const PreferNode&) = delete;

 private:
  bool set_ = false;
};

}  // namespace floodgauge
