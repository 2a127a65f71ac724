#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>

#include "Boundary.h"

using namespace ctorch;

ctorch_status ctorch_generator_create(uint64_t seed, ctorch_device target, ctorch_generator *out) {
    return guarded([&] {
        TORCH_CHECK(out != nullptr, "there is no place for the generator: the out parameter is NULL");
        *out = nullptr;
        const auto place = device(target);
        auto generator = place.is_cpu()
            ? at::make_generator<at::CPUGeneratorImpl>(seed)
            : at::globalContext().getAcceleratorHooksInterface(place.type()).getNewGenerator(place.index());
        generator.set_current_seed(seed);
        *out = reinterpret_cast<ctorch_generator>(new at::Generator(std::move(generator)));
    });
}

void ctorch_generator_free(ctorch_generator generator) { delete reinterpret_cast<at::Generator *>(generator); }

ctorch_status ctorch_generator_state(ctorch_generator generator, ctorch_tensor *out) {
    return produce(out, [&] { return unwrap(generator).get_state(); });
}

ctorch_status ctorch_generator_set_state(ctorch_generator generator, ctorch_tensor state) {
    return guarded([&] { unwrap(generator).set_state(unwrap(state)); });
}

ctorch_status ctorch_random_uniform(
    const int64_t *sizes, size_t rank, ctorch_generator generator, ctorch_device target, ctorch_tensor *out
) {
    return produce(out, [&] {
        return at::rand(shape(sizes, rank), unwrap(generator), options(CTORCH_FLOAT32, target));
    });
}

ctorch_status ctorch_random_normal(
    const int64_t *sizes, size_t rank, ctorch_generator generator, ctorch_device target, ctorch_tensor *out
) {
    return produce(out, [&] {
        return at::randn(shape(sizes, rank), unwrap(generator), options(CTORCH_FLOAT32, target));
    });
}

ctorch_status ctorch_random_permutation(int64_t count, ctorch_generator generator, ctorch_tensor *out) {
    return produce(out, [&] {
        const auto &source = unwrap(generator);
        return at::randperm(count, source, at::TensorOptions().dtype(at::kLong).device(source.device()));
    });
}
