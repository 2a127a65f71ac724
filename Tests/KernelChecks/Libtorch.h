/// Compiled once and read by every file, which halves the time that all of them take. They name what they need all the same:
/// SwiftPM builds them without it.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
