#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include "Boundary.h"

using namespace ctorch;

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
