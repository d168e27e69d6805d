#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "backend/data/row_order.h"
#include "backend/data/row_source.h"
#include "compiler/diagnostics/codes/evaluate.h"
#include "compiler/model/file_bytes.h"
#include "compiler/model/safetensors.h"

namespace lcr {
namespace {

template <typename T>
void widen(const std::vector<char>& bytes, std::vector<int64_t>& ids) {
  for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T id;
    std::memcpy(&id, bytes.data() + at, sizeof(T));
    ids.push_back(static_cast<int64_t>(id));
  }
}

// False for a dtype that holds no ids.
bool widen(Dtype dtype, const std::vector<char>& bytes, std::vector<int64_t>& ids) {
  switch (dtype) {
    case Dtype::I64: return widen<int64_t>(bytes, ids), true;
    case Dtype::U64: return widen<uint64_t>(bytes, ids), true;
    case Dtype::I32: return widen<int32_t>(bytes, ids), true;
    case Dtype::U32: return widen<uint32_t>(bytes, ids), true;
    case Dtype::I16: return widen<int16_t>(bytes, ids), true;
    case Dtype::U16: return widen<uint16_t>(bytes, ids), true;
    default: return false;
  }
}

// Rows x width ids of a tensor, read row by row.
class TensorRows : public RowSource {
 public:
  TensorRows(const CalibrationSource& source, SourceContext& context, const StoredTensor& tensor, uint64_t width, RowOrder order)
      : source_(source), context_(context), dtype_(tensor.dtype), begin_(tensor.begin), width_(width),
        order_(std::move(order)), file_(source.path) {}

  std::optional<std::vector<CalibrationRow>> next(size_t count) override {
    std::vector<CalibrationRow> rows;
    while (rows.size() < count) {
      auto number = order_.next();
      if (!number) break;
      CalibrationRow row;
      if (!read(*number, row.ids)) return std::nullopt;
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool read(uint64_t row, std::vector<int64_t>& ids) {
    std::vector<char> bytes(width_ * static_cast<uint64_t>(size_of(dtype_)));
    if (!file_.ok() || !file_.read(begin_ + row * bytes.size(), bytes.size(), bytes.data())) {
      context_.diagnostics.report(codes::L8021, fmt::format("`{}` ends before row {} of `{}`", source_.path, row, source_.field))
          .help("write the file anew")
          .with("file", source_.path);
      return false;
    }
    widen(dtype_, bytes, ids);
    return context_.check_ids(ids, fmt::format("row {} of `{}` in `{}`", row, source_.field, source_.path));
  }

  const CalibrationSource& source_;
  SourceContext& context_;
  Dtype dtype_;
  uint64_t begin_;
  uint64_t width_;
  RowOrder order_;
  FileBytes file_;
};

const StoredTensor* find_tensor(const ShardHeader& header, const CalibrationSource& source, Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const StoredTensor& tensor : header.tensors) {
    if (tensor.name == source.field) return &tensor;
    names.emplace_back(tensor.name);
  }
  Diagnostic& diagnostic =
      diagnostics.report(codes::L8021, fmt::format("`{}` has no tensor `{}`", source.path, source.field)).with("file", source.path);
  std::string near = nearest(source.field, names);
  if (!near.empty()) diagnostic.help(fmt::format("did you mean `{}`", near));
  else if (!names.empty()) diagnostic.help(fmt::format("say `field = \"{}\"`", names.front()));
  return nullptr;
}

}  // namespace

// tokens(...) of a safetensors file: a matrix with one row a sample, or a list that is cut into rows of `length`.
std::unique_ptr<RowSource> open_token_tensor(const CalibrationSource& source, SourceContext& context) {
  std::filesystem::path path(source.path);
  HeaderReader reader;
  auto header = reader.read(path.parent_path().empty() ? "." : path.parent_path().string(), path.filename().string(), context.diagnostics);
  if (!header) return nullptr;
  const StoredTensor* tensor = find_tensor(*header, source, context.diagnostics);
  if (!tensor) return nullptr;
  std::vector<int64_t> none;
  if (!widen(tensor->dtype, {}, none) || tensor->shape.empty() || tensor->shape.size() > 2) {
    context.diagnostics
        .report(codes::L8021, fmt::format("`{}` of `{}` holds {} in {} dimensions, which are no token ids", source.field, source.path,
                                         name_of(tensor->dtype), tensor->shape.size()))
        .help("token ids are whole numbers of 16 to 64 bits, rows x tokens or one list")
        .with("file", source.path);
    return nullptr;
  }
  bool matrix = tensor->shape.size() == 2;
  uint64_t width = static_cast<uint64_t>(matrix ? tensor->shape[1] : context.request.length);
  uint64_t count = matrix ? static_cast<uint64_t>(tensor->shape[0]) : static_cast<uint64_t>(tensor->shape[0]) / width;
  return std::make_unique<TensorRows>(source, context, *tensor, width, RowOrder::of(context.request, count));
}

}  // namespace lcr
