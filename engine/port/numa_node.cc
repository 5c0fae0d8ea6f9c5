#include "engine/port/numa_node.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace floodgauge {

// The system call itself (set_mempolicy(2)): libnuma would be one more library for two lines. Where
// it is not permitted, as in some containers, memory comes from where the thread runs.
PreferNode::PreferNode(int node) {
  constexpr int kMostNodes = 64;
  if (node < 0 || node >= kMostNodes) return;
  const unsigned long nodes = 1ul << node;
  set_ = syscall(SYS_set_mempolicy, MPOL_PREFERRED, &nodes, kMostNodes + 1) == 0;
}

PreferNode::~PreferNode() {
  if (set_) syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0);
}

}  // namespace floodgauge
