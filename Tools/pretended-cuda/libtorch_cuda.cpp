/// A CUDA that is none: found as libtorch_cuda.so, it lets `--device cuda` run on a machine without a GPU.
///
/// Tensors on cuda:0 lie in ordinary memory, and libtorch's kernels for the CPU compute on them, by CUDA's rules: tensors of
/// an operation that are not all there are refused (but for CPU tensors without dimensions), a generator belongs to its
/// device, backward runs on a thread of its own. What breaks here breaks on a GPU, whose kernels and speed it says nothing of.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <unordered_map>

namespace {

const at::Device here(at::kCUDA, 0);

// What there is: one device, one stream, memory, generators.

struct Guard final : c10::impl::DeviceGuardImplInterface {
    static constexpr auto static_type = at::kCUDA;
    at::DeviceType type() const override { return at::kCUDA; }
    at::Device exchangeDevice(at::Device) const override { return here; }
    at::Device getDevice() const override { return here; }
    void setDevice(at::Device) const override {}
    void uncheckedSetDevice(at::Device) const noexcept override {}
    c10::Stream getStream(at::Device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, here); }
    c10::Stream getDefaultStream(at::Device) const override { return getStream(here); }
    c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
    at::DeviceIndex deviceCount() const noexcept override { return 1; }
    void record(void **, const c10::Stream &, const at::DeviceIndex, const c10::EventFlag) const override {}
    void block(void *, const c10::Stream &) const override {}
    bool queryEvent(void *) const override { return true; }
    void destroyEvent(void *, const at::DeviceIndex) const noexcept override {}
};

C10_REGISTER_GUARD_IMPL(CUDA, Guard)

struct Memory final : c10::Allocator {
    c10::DataPtr allocate(size_t count) override {
        void *bytes = c10::alloc_cpu(count);
        return {bytes, bytes, &c10::free_cpu, here};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &c10::free_cpu; }
    void copy_data(void *target, const void *source, size_t count) const override {
        default_copy_data(target, source, count);
    }
} memory;

/// Numbers of a CPU generator, which only operations on cuda:0 may draw.
struct Numbers final : c10::GeneratorImpl {
    at::Generator drawn = at::make_generator<at::CPUGeneratorImpl>();

    Numbers() : GeneratorImpl(here, c10::DispatchKeySet(c10::DispatchKey::CUDA)) {}
    void set_current_seed(uint64_t seed) override { drawn.set_current_seed(seed); }
    void set_offset(uint64_t offset) override { drawn.set_offset(offset); }
    uint64_t get_offset() const override { return drawn.get_offset(); }
    uint64_t current_seed() const override { return drawn.current_seed(); }
    uint64_t seed() override { return drawn.seed(); }
    void set_state(const c10::TensorImpl &state) override { drawn.unsafeGetGeneratorImpl()->set_state(state); }
    c10::intrusive_ptr<c10::TensorImpl> get_state() const override {
        return drawn.unsafeGetGeneratorImpl()->get_state();
    }
    Numbers *clone_impl() const override {
        auto *clone = new Numbers();
        clone->drawn = drawn.clone();
        return clone;
    }
};

struct CUDAHooks final : at::CUDAHooksInterface {
    explicit CUDAHooks(at::CUDAHooksArgs) {}
    void init() const override {}
    bool isBuilt() const override { return true; }
    bool isAvailable() const override { return true; }
    bool hasCUDA() const override { return true; }
    bool hasPrimaryContext(at::DeviceIndex) const override { return true; }
    at::DeviceIndex deviceCount() const override { return 1; }
    at::DeviceIndex current_device() const override { return 0; }
    at::DeviceIndex getCurrentDevice() const override { return 0; }
    std::string showConfig() const override { return "no CUDA at all"; }
    at::Generator getNewGenerator(at::DeviceIndex) const override { return at::make_generator<Numbers>(); }
};

// libtorch looks for this very name.
using at::CUDAHooksRegistry;
using at::RegistererCUDAHooksRegistry;
REGISTER_CUDA_HOOKS(CUDAHooks)

// Operations.

at::Tensor empty(
    at::IntArrayRef sizes, std::optional<at::ScalarType> type, std::optional<at::Layout>, std::optional<at::Device>,
    std::optional<bool>, std::optional<at::MemoryFormat> format
) {
    const c10::DispatchKeySet key(c10::DispatchKey::CUDA);
    return at::detail::empty_generic(sizes, &memory, key, type.value_or(at::kFloat), format);
}

at::Tensor emptyStrided(
    at::IntArrayRef sizes, at::IntArrayRef strides, std::optional<at::ScalarType> type, std::optional<at::Layout>,
    std::optional<at::Device>, std::optional<bool>
) {
    const c10::DispatchKeySet key(c10::DispatchKey::CUDA);
    return at::detail::empty_strided_generic(sizes, strides, &memory, key, type.value_or(at::kFloat));
}

/// The same memory as a tensor on the CPU. One without elements may be resized.
at::Tensor onCPU(const at::Tensor &x) {
    const auto options = x.options().device(at::kCPU);
    if (x.numel() == 0) return at::empty(x.sizes(), options);
    return at::from_blob(x.data_ptr(), x.sizes(), x.strides(), [x](void *) {}, options);
}

/// The same memory as a tensor on cuda:0.
at::Tensor onCUDA(const at::Tensor &x) {
    if (x.numel() == 0) return empty(x.sizes(), x.scalar_type(), {}, {}, {}, {});
    return at::from_blob(x.data_ptr(), x.sizes(), x.strides(), [x](void *) {}, x.options().device(here), here);
}

/// The arguments of one operation, seen on the CPU.
class Call {
    const c10::OperatorHandle &operation;
    torch::jit::Stack &stack;
    /// What was given, by what stands for it.
    std::unordered_map<c10::TensorImpl *, at::Tensor> given;
    std::vector<at::Tensor> standIns;

    at::Tensor standIn(const at::Tensor &x) {
        if (!x.defined() || (x.is_cpu() && x.dim() == 0)) return x;
        TORCH_CHECK(
            x.device() == here, "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and ",
            x.device(), " (", operation.schema().name(), ")");
        auto result = onCPU(x);
        given[result.unsafeGetTensorImpl()] = x;
        standIns.push_back(result);
        return result;
    }

    c10::IValue standIn(const c10::IValue &value) {
        if (value.isTensor()) return standIn(value.toTensor());
        if (value.isDevice()) return at::Device(at::kCPU);
        if (value.isGenerator()) {
            auto *numbers = dynamic_cast<Numbers *>(value.toGenerator().unsafeGetGeneratorImpl());
            TORCH_CHECK(
                numbers != nullptr, "Expected a 'cuda' device type for generator but found '",
                value.toGenerator().device(), "' (", operation.schema().name(), ")");
            return numbers->drawn;
        }
        if (value.isTensorList()) {
            c10::List<at::Tensor> list;
            for (const at::Tensor &x : value.toTensorVector()) list.push_back(standIn(x));
            return list;
        }
        if (value.isOptionalTensorList()) {
            c10::List<std::optional<at::Tensor>> list;
            for (const auto &x : value.toOptionalTensorVector()) {
                list.push_back(x ? std::optional(standIn(*x)) : std::nullopt);
            }
            return list;
        }
        return value;
    }

    /// What the caller gets for a result: the tensor that was given, where it was written to.
    c10::IValue result(const c10::IValue &value) {
        if (value.isTensorList()) {
            c10::List<at::Tensor> list;
            for (const at::Tensor &x : value.toTensorVector()) list.push_back(result(c10::IValue(x)).toTensor());
            return list;
        }
        if (!value.isTensor() || !value.toTensor().defined()) return value;
        const auto x = value.toTensor();
        const auto found = given.find(x.unsafeGetTensorImpl());
        return found == given.end() ? onCUDA(x) : found->second;
    }

    /// A result that was given without elements has got memory.
    void adoptResized() {
        for (const auto &x : standIns) {
            const auto &target = given[x.unsafeGetTensorImpl()];
            if (x.sizes() == target.sizes()) continue;
            const auto grown = onCUDA(x);
            auto *impl = target.unsafeGetTensorImpl();
            impl->set_storage_keep_dtype(grown.storage());
            impl->set_sizes_and_strides(grown.sizes(), grown.strides());
        }
    }

public:
    Call(const c10::OperatorHandle &operation, torch::jit::Stack &stack) : operation(operation), stack(stack) {}

    void run() {
        const auto count = operation.schema().arguments().size();
        for (auto i = stack.size() - count; i < stack.size(); i++) stack[i] = standIn(stack[i]);
        operation.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &stack);
        adoptResized();
        const auto results = operation.schema().returns().size();
        for (auto i = stack.size() - results; i < stack.size(); i++) stack[i] = result(stack[i]);
    }
};

void compute(const c10::OperatorHandle &operation, torch::jit::Stack *stack) { Call(operation, *stack).run(); }

/// The one operation that may go between devices.
at::Tensor &copy(at::Tensor &target, const at::Tensor &source, bool) {
    const auto seen = [](const at::Tensor &x) { return x.is_cpu() ? x : onCPU(x); };
    seen(target).copy_(seen(source));
    return target;
}

/// Attention by products and a softmax, which is what every device has.
int64_t choice(
    const at::Tensor &, const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, double, bool,
    std::optional<double>, bool
) {
    return 0;
}

}  // namespace

TORCH_LIBRARY_IMPL(_, CUDA, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
    library.impl("empty.memory_format", empty);
    library.impl("empty_strided", emptyStrided);
    library.impl("copy_", copy);
    library.impl("as_strided", at::native::as_strided_tensorimpl);
    library.impl("view", at::native::view);
    library.impl("_fused_sdp_choice", choice);
}
