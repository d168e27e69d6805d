#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>

#include "backend/forward/pack.h"
#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// This folder, with a folder a model and the references.
std::string parity_folder();

// The tensors of references/NAME.safetensors; none when it cannot be read.
std::map<std::string, at::Tensor> read_reference(const std::string& name);

// Ids [sequences, length] as a pack.
Pack pack_of(const at::Tensor& ids);

// One line a diagnostic.
std::string messages(const Diagnostics& diagnostics);

}  // namespace lcr
