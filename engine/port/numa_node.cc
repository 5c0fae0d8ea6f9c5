#include "engine/port/numa_node.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace floodgauge {

// Uses the system call set_mempolicy(2) directly, because libnuma would be one more dependency.
// Where the call is not permitted, as in some containers, memory comes from the thread's own node.
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
