// Places ordinary memory, which DPDK does not place itself, on a NUMA node.
#pragma once

namespace floodgauge {

/// While the object exists, pages that the calling thread is the first to touch are allocated on
/// `node` if it has free memory (-1: no preference). Pages touched before stay where they are.
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
