#include "ranvier/train/test_device.hpp"

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <algorithm>
#include <map>
#include <string>

namespace ranvier::train {
namespace {

using torch::Tensor;

constexpr auto kType = c10::DeviceType::XPU;
const c10::Device kDevice(kType, 0);

/// No address of a process has this bit and not those above it.
void* hidden(const void* address) {
  constexpr auto kBit = uintptr_t{1} << 62;
  return address == nullptr ? nullptr
                            : reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(address) ^ kBit);
}

/// The memory of `of` at `address` on `device`; keeps `of` alive.
c10::Storage shared_storage(const c10::Storage& of, void* address, c10::Device device) {
  const auto release = [](void* held) { delete static_cast<c10::Storage*>(held); };
  c10::DataPtr data(address, new c10::Storage(of), release, device);
  return {c10::Storage::use_byte_size_t(), of.nbytes(), std::move(data),
          device.is_cpu() ? c10::GetAllocator(c10::kCPU) : nullptr, device.is_cpu()};
}

Tensor with_storage(const Tensor& like, c10::Storage storage) {
  const auto key = storage.device().is_cpu() ? c10::DispatchKey::CPU : c10::DispatchKey::XPU;
  Tensor out = at::detail::make_tensor<c10::TensorImpl>(std::move(storage),
                                                        c10::DispatchKeySet(key), like.dtype());
  auto* const impl = out.unsafeGetTensorImpl();
  impl->set_storage_offset(like.storage_offset());
  impl->set_sizes_and_strides(like.sizes(), like.strides());
  if (like.dim() == 0) impl->set_wrapped_number(like.unsafeGetTensorImpl()->is_wrapped_number());
  return out;
}

/// One call of an operator: its tensors on the processor while it runs.
class Call {
 public:
  Call(const c10::OperatorHandle& op, torch::jit::Stack& stack) : op_(op), stack_(stack) {}

  void run() {
    const auto& arguments = op_.schema().arguments();
    const size_t first = stack_.size() - arguments.size();
    std::vector<std::pair<Tensor, Tensor>> written;  // ours, on the processor
    for (size_t i = 0; i < arguments.size(); ++i) {
      c10::IValue& value = stack_[first + i];
      const c10::IValue before = value;
      value = on_processor(before);
      const auto* alias = arguments[i].alias_info();
      if (alias == nullptr || !alias->isWrite() || !before.isTensor()) continue;
      written.emplace_back(before.toTensor(), value.toTensor());
    }
    op_.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &stack_);
    for (auto& [ours, theirs] : written) take_shape(ours, theirs);
    const size_t results = op_.schema().returns().size();
    for (size_t i = stack_.size() - results; i < stack_.size(); ++i) {
      stack_[i] = result(stack_[i], written);
    }
  }

 private:
  c10::IValue on_processor(const c10::IValue& value) {
    if (value.isTensor()) return on_processor(value.toTensor());
    if (value.isDevice()) return c10::Device(c10::DeviceType::CPU);
    if (value.isTensorList()) {
      c10::List<Tensor> out;
      for (const Tensor& t : value.toTensorList()) out.push_back(on_processor(t));
      return out;
    }
    if (value.isOptionalTensorList()) {
      c10::List<c10::optional<Tensor>> out;
      for (const c10::optional<Tensor> t : value.toOptionalTensorList()) {
        out.push_back(t.has_value() ? c10::optional<Tensor>(on_processor(*t)) : c10::nullopt);
      }
      return out;
    }
    return value;
  }

  Tensor on_processor(const Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    if (tensor.device().type() != kType) {
      const bool may_mix = tensor.dim() == 0 || op_.schema().name() == "aten::copy_";
      TORCH_CHECK(may_mix, op_.schema().name(), " mixes a tensor of the processor with others");
      return tensor;
    }
    const c10::Storage& storage = tensor.storage();
    void* const address = hidden(storage.data());
    if (address != nullptr) ours_.emplace(address, storage);
    return with_storage(tensor, shared_storage(storage, address, c10::kCPU));
  }

  /// On the device: a view of what an argument holds, or new.
  Tensor off_processor(const Tensor& tensor) {
    if (!tensor.defined() || tensor.device().type() == kType) return tensor;
    const c10::Storage& storage = tensor.storage();
    const auto found = ours_.find(storage.data());
    return with_storage(tensor, found != ours_.end()
                                    ? found->second
                                    : shared_storage(storage, hidden(storage.data()), kDevice));
  }

  /// What was resized while it was on the processor.
  void take_shape(Tensor& ours, const Tensor& theirs) {
    if (!ours.defined() || ours.device().type() != kType) return;
    const Tensor now = off_processor(theirs);
    auto* const impl = ours.unsafeGetTensorImpl();
    if (now.storage().data() != ours.storage().data()) impl->set_storage_keep_dtype(now.storage());
    impl->set_sizes_and_strides(now.sizes(), now.strides());
  }

  c10::IValue result(const c10::IValue& value,
                     const std::vector<std::pair<Tensor, Tensor>>& written) {
    if (value.isTensorList()) {
      c10::List<Tensor> out;
      for (const Tensor& t : value.toTensorList()) out.push_back(off_processor(t));
      return out;
    }
    if (!value.isTensor()) return value;
    const Tensor tensor = value.toTensor();
    for (const auto& [ours, theirs] : written) {
      if (theirs.is_same(tensor)) return ours;
    }
    return off_processor(tensor);
  }

  const c10::OperatorHandle& op_;
  torch::jit::Stack& stack_;
  std::map<const void*, c10::Storage> ours_;  // by address on the processor
};

void run_on_processor(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  Call(op, *stack).run();
}

/// Convolutions of a device without kernels of its own come here.
Tensor convolution(const Tensor& input, const Tensor& weight, const c10::optional<Tensor>& bias,
                   at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                   bool transposed, at::IntArrayRef output_padding, int64_t groups) {
  return at::convolution(input.cpu(), weight.cpu(),
                         bias && bias->defined() ? bias->cpu() : Tensor(), stride, padding,
                         dilation, transposed, output_padding, groups)
      .to(kDevice);
}

std::tuple<Tensor, Tensor, Tensor> convolution_backward(
    const Tensor& grad, const Tensor& input, const Tensor& weight, at::IntArrayRef stride,
    at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
    at::IntArrayRef output_padding, int64_t groups, std::array<bool, 3> wanted) {
  const auto [of_input, of_weight, of_bias] = at::convolution_backward(
      grad.cpu(), input.cpu(), weight.cpu(), at::IntArrayRef{weight.size(0)}, stride, padding,
      dilation, transposed, output_padding, groups, wanted);
  const auto back = [](const Tensor& t) { return t.defined() ? t.to(kDevice) : t; };
  return {back(of_input), back(of_weight), back(of_bias)};
}

class Guard final : public c10::impl::DeviceGuardImplInterface {
 public:
  static constexpr c10::DeviceType static_type = kType;
  c10::DeviceType type() const override { return kType; }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const noexcept override { return stream(); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return stream(); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, c10::DeviceIndex) const noexcept override {}

 private:
  static c10::Stream stream() { return c10::Stream(c10::Stream::DEFAULT, kDevice); }
};

}  // namespace

C10_REGISTER_GUARD_IMPL(XPU, Guard)

TORCH_LIBRARY_IMPL(_, XPU, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&run_on_processor>());
}

TORCH_LIBRARY_IMPL(aten, XPU, library) {
  library.impl("copy_", torch::CppFunction::makeFromBoxedFunction<&run_on_processor>());
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolution_backward);
}

torch::Device test_device() { return kDevice; }

}  // namespace ranvier::train
