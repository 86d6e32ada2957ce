#include "ranvier/train/processes.hpp"

#include <algorithm>

namespace ranvier::train {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class OneProcess : public Processes {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void all_reduce(Tensor) override {}
  void broadcast(Tensor) override {}
};

class Alone : public Rendezvous {
 public:
  ProcessesPtr join(const std::string&) override { return one_process(); }
};

/// A new tensor, contiguous.
Tensor mean_of(Processes& processes, const Tensor& values) {
  Tensor mean = values.detach().contiguous().clone();
  processes.all_reduce(mean);
  return mean.div_(processes.size());
}

class MeanOver : public torch::autograd::Function<MeanOver> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& values,
                        const ProcessesPtr& processes) {
    context->saved_data["processes"] = c10::IValue::make_capsule(processes);
    return mean_of(*processes, values);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto held = context->saved_data["processes"].toCapsule();
    return {mean_of(static_cast<Processes&>(*held), grads[0]), Tensor()};
  }
};

}  // namespace

std::vector<double> Processes::sum(std::vector<double> values) {
  all_reduce(
      torch::from_blob(values.data(), {static_cast<int64_t>(values.size())}, torch::kDouble));
  return values;
}

bool Processes::agree(int64_t value) {
  int64_t first = value;
  broadcast(torch::from_blob(&first, {1}, torch::kLong));
  return sum({first == value ? 0.0 : 1.0}).front() == 0.0;
}

ProcessesPtr one_process() { return c10::make_intrusive<OneProcess>(); }

void broadcast_all(Processes& processes, const std::vector<Tensor>& tensors) {
  torch::NoGradGuard no_grad;
  for (const Tensor& tensor : tensors) {
    const Tensor plain = tensor.detach().contiguous();
    processes.broadcast(plain);
    if (!plain.is_same(tensor)) tensor.detach().copy_(plain);
  }
}

void average_gradients(Processes& processes, const std::vector<Tensor>& parameters) {
  if (processes.size() == 1) return;
  torch::NoGradGuard no_grad;
  std::vector<Tensor> gradients;
  std::vector<Tensor> flat;
  for (const Tensor& p : parameters) {
    if (!p.grad().defined()) continue;
    gradients.push_back(p.grad());
    flat.push_back(p.grad().reshape({-1}));
  }
  if (flat.empty()) return;
  const Tensor all = torch::cat(flat);
  processes.all_reduce(all);
  int64_t at = 0;
  for (Tensor& gradient : gradients) {
    const Tensor sum = all.narrow(0, at, gradient.numel()).view(gradient.sizes());
    gradient.copy_(sum.div(processes.size()));
    at += gradient.numel();
  }
}

Tensor mean_over(const ProcessesPtr& processes, const Tensor& values) {
  return processes->size() == 1 ? values : MeanOver::apply(values, processes);
}

Tensor first_rows(Processes& processes, const Tensor& part, int64_t rows) {
  const Tensor own = part.detach();
  if (processes.size() == 1) return own.narrow(0, 0, rows);
  auto shape = own.sizes().vec();
  const int64_t before = processes.rank() * shape[0];
  const int64_t taken = std::clamp<int64_t>(rows - before, 0, shape[0]);
  shape[0] = rows;
  const Tensor all = torch::zeros(shape, own.options());
  if (taken > 0) all.narrow(0, before, taken).copy_(own.narrow(0, 0, taken));
  processes.all_reduce(all);
  return all;
}

std::unique_ptr<Rendezvous> make_rendezvous(const Launch& launch) {
  if (launch.size == 1) return std::make_unique<Alone>();
#ifdef RANVIER_WITH_C10D
  return make_c10d_rendezvous(launch);
#else
  throw no_processes(launch);
#endif
}

core::UserError no_processes(const Launch& launch) {
  return core::UserError({.key = "processes",
                          .given = std::to_string(launch.size),
                          .allowed = "1",
                          .place = {},
                          .hint = "This program was built without c10d and Gloo: install "
                                  "libgloo-dev and build it again."});
}

}  // namespace ranvier::train
