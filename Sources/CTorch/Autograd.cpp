#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

#include "Boundary.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace {

/// Forward gives the copy, backward hands its gradient on to the weight, unconverted.
struct StandIn : Function<StandIn> {
    static at::Tensor forward(AutogradContext *, const at::Tensor &, const at::Tensor &copy) {
        return copy.variable_data();  // the same memory without a history
    }

    static variable_list backward(AutogradContext *, variable_list gradients) {
        return {std::move(gradients[0]), at::Tensor()};
    }
};

/// A stretch of the forward pass that can run again.
struct Stretch : torch::CustomClassHolder {
    ctorch_stretch run;
    void (*release)(void *);
    void *context;

    Stretch(ctorch_stretch run, void (*release)(void *), void *context)
        : run(run), release(release), context(context) {}
    ~Stretch() override { release(context); }

    /// What fails in it is thrown: backward of a GPU's tensors runs on a thread of libtorch's, where nobody collects errors.
    at::Tensor operator()(const at::Tensor &input) const {
        ctorch_begin_collecting_errors();
        const auto handle = run(context, wrap(input));
        const std::string failure = ctorch_end_collecting_errors();
        const at::Tensor output = unwrapEvenUndefined(handle);
        ctorch_tensor_free(handle);
        TORCH_CHECK(failure.empty() && output.defined(), failure);
        return output;
    }
};

/// Activation checkpointing (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016): only the input is kept.
struct Recomputed : Function<Recomputed> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &input, const c10::intrusive_ptr<Stretch> &stretch
    ) {
        context->save_for_backward({input});
        context->saved_data["stretch"] = c10::IValue::make_capsule(stretch);
        return (*stretch)(input.detach());
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto capsule = context->saved_data["stretch"].toCapsule();
        const auto &stretch = static_cast<const Stretch &>(*capsule);
        const auto input = context->get_saved_variables()[0].detach().set_requires_grad(true);
        const c10::AutoGradMode recording(true);
        torch::autograd::backward({stretch(input)}, {gradients[0]});
        return {input.grad(), at::Tensor()};
    }
};

}  // namespace

ctorch_status ctorch_set_requires_gradient(ctorch_tensor tensor, bool required) {
    return guarded([&] { unwrap(tensor).set_requires_grad(required); });
}

bool ctorch_requires_gradient(ctorch_tensor tensor) {
    bool result = false;
    guarded([&] { result = unwrap(tensor).requires_grad(); });
    return result;
}

ctorch_status ctorch_backward(ctorch_tensor loss) {
    return guarded([&] { torch::autograd::backward({unwrap(loss)}, {}); });
}

ctorch_status ctorch_gradient(ctorch_tensor tensor, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).grad(); });
}

ctorch_status ctorch_clear_gradient(ctorch_tensor tensor) {
    return guarded([&] { unwrap(tensor).mutable_grad().reset(); });
}

ctorch_status ctorch_detach(ctorch_tensor tensor, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(tensor).detach(); });
}

ctorch_status ctorch_stand_in(ctorch_tensor weight, ctorch_tensor copy, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &w = unwrap(weight), &c = unwrap(copy);
        TORCH_CHECK(w.sizes() == c.sizes(), "a weight of shape ", w.sizes(), " has a copy of shape ", c.sizes());
        return StandIn::apply(w, c);
    });
}

ctorch_status ctorch_set_keeps_gradient_type(ctorch_tensor leaf, bool keeps) {
    return guarded([&] {
        const auto &x = unwrap(leaf);
        x.set_grad_dtype(keeps ? std::nullopt : std::optional(x.scalar_type()));
    });
}

ctorch_status ctorch_recompute(
    ctorch_tensor input, ctorch_stretch run, void (*release)(void *context), void *context, ctorch_tensor *out
) {
    // Made first, so that the context is released whatever fails.
    const auto stretch = c10::make_intrusive<Stretch>(run, release, context);
    return produce(out, [&] { return Recomputed::apply(unwrap(input), stretch); });
}

ctorch_status ctorch_version(ctorch_tensor tensor, int64_t *out) {
    return guarded([&] {
        TORCH_CHECK(out != nullptr, "there is no place for the result: an out parameter is NULL");
        *out = unwrap(tensor)._version();
    });
}
