#include "OneDNN.h"

#include <ATen/Context.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <c10/core/GradMode.h>
#include <c10/util/string_view.h>

at::Tensor ctorch::oneDNNLinear(const at::Tensor &input, const at::Tensor &weight) {
    // libtorch for macOS has none.
    if (!at::globalContext().hasMKLDNN()) return at::linear(input, weight);
    using Signature = at::Tensor(
        const at::Tensor &, const at::Tensor &, const c10::optional<at::Tensor> &, c10::string_view,
        c10::List<c10::optional<at::Scalar>>, c10::optional<c10::string_view>);
    static const auto linear =
        c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "").typed<Signature>();
    return linear.call(input, weight, c10::nullopt, "none", c10::List<c10::optional<at::Scalar>>(), c10::nullopt);
}
