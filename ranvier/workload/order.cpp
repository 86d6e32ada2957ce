// The order of tasks that their messages impose.

#include "ranvier/workload/workload.hpp"

#include <numeric>

namespace ranvier::workload {

std::vector<size_t> first_messages(const Workload& workload) {
  std::vector<size_t> first(workload.tasks.size() + 1);
  for (const Message& message : workload.messages) ++first[static_cast<size_t>(message.source) + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());
  return first;
}

size_t sharers(const Workload& workload, size_t message) {
  size_t end = message + 1;
  while (end < workload.messages.size() && workload.messages[end].branch) ++end;
  return end - message;
}

std::vector<size_t> topological_order(const Workload& workload) {
  const auto first = first_messages(workload);
  std::vector<int32_t> open(workload.tasks.size());
  for (const Message& message : workload.messages) ++open[static_cast<size_t>(message.target)];
  std::vector<size_t> order;
  for (size_t t = 0; t < open.size(); ++t) {
    if (open[t] == 0) order.push_back(t);
  }
  for (size_t done = 0; done < order.size(); ++done) {
    for (size_t m = first[order[done]]; m < first[order[done] + 1]; ++m) {
      const auto target = static_cast<size_t>(workload.messages[m].target);
      if (--open[target] == 0) order.push_back(target);
    }
  }
  return order;
}

}  // namespace ranvier::workload
