#include "tests/parity/reference.h"

#include <fmt/format.h>

#include "backend/forward/dtypes.h"
#include "compiler/model/file_bytes.h"
#include "compiler/model/safetensors.h"

namespace lcr {

std::string parity_folder() { return LCR_SOURCE_DIR "/tests/parity"; }

std::map<std::string, at::Tensor> read_reference(const std::string& name) {
  std::map<std::string, at::Tensor> tensors;
  Diagnostics diagnostics;
  std::string folder = LCR_SOURCE_DIR "/tests/parity/references";
  auto header = HeaderReader().read(folder, name + ".safetensors", diagnostics);
  if (!header) return tensors;
  FileBytes bytes(fmt::format("{}/{}.safetensors", folder, name));
  for (const StoredTensor& stored : header->tensors) {
    at::Tensor tensor = at::empty(stored.shape, scalar_type(stored.dtype));
    bytes.read(stored.begin, stored.bytes(), static_cast<char*>(tensor.data_ptr()));
    tensors[std::string(stored.name)] = tensor;
  }
  return tensors;
}

Pack pack_of(const at::Tensor& ids) {
  const int64_t* begin = ids.const_data_ptr<int64_t>();
  return {{begin, begin + ids.numel()}, {std::vector<int64_t>(ids.size(0), ids.size(1))}};
}

std::string messages(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic* diagnostic : diagnostics.sorted())
    text += fmt::format("{}: {}\n", info(diagnostic->code).id, diagnostic->message);
  return text;
}

}  // namespace lcr
