/// How kernels read a tensor's elements.
#pragma once

#include <ATen/core/Tensor.h>

namespace ctorch {

/// The elements of a tensor of type `T` on the CPU, laid out as its strides say.
///
/// libtorch's own `const_data_ptr<T>` is a template with a constraint, whose name every compiler spells in its own way:
/// a libtorch that another one built need not have ours. The untyped call has one name.
template <typename T>
const T *elements(const at::Tensor &x) {
    constexpr auto type = c10::CppTypeToScalarType<T>::value;
    TORCH_CHECK(
        x.is_cpu() && x.scalar_type() == type, "a kernel reads ", type, " on the CPU, found ", x.scalar_type(), " on ",
        x.device());
    return static_cast<const T *>(x.const_data_ptr());
}

}  // namespace ctorch
