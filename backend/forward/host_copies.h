#pragma once

#include <ATen/core/Tensor.h>

// Copies between host memory that is not page-locked and a device, through page-locked memory: the driver's own such copies
// hold up every other thread's work on the device until they are done, and take pages one by one.
namespace lcr {

// The same numbers on a device, in order with its current stream.
at::Tensor device_copy(const at::Tensor& host, const at::Device& device);
// The same numbers in host memory, once the current stream has made them. Dense.
at::Tensor host_copy(const at::Tensor& value);

}  // namespace lcr
