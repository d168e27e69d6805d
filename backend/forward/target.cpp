#define PCRE2_CODE_UNIT_WIDTH 8
#include "backend/forward/target.h"

#include <fmt/format.h>
#include <pcre2.h>

#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {

std::optional<Target> Target::make(const std::string& text, Diagnostics& diagnostics) {
  Target target;
  target.text_ = text;
  if (!text.starts_with("re:")) return target;
  int error = 0;
  size_t offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data() + 3), text.size() - 3, PCRE2_UTF, &error,
                                   &offset, nullptr);
  if (!code) {
    diagnostics.report(codes::L8011, fmt::format("`{}` in quantization_config is no regular expression", text));
    return std::nullopt;
  }
  target.expression_ = std::shared_ptr<void>(code, [](void* p) { pcre2_code_free(static_cast<pcre2_code*>(p)); });
  return target;
}

bool Target::matches(const Module& module) const {
  if (!expression_) {
    // Class names of the reference library; other classes hold no quantized weights.
    if (text_ == module.path) return true;
    return (text_ == "Linear" && module.kind == ModuleKind::Linear) ||
           (text_ == "Embedding" && module.kind == ModuleKind::Embedding);
  }
  auto* code = static_cast<const pcre2_code*>(expression_.get());
  pcre2_match_data* data = pcre2_match_data_create_from_pattern(code, nullptr);
  // As Python's re.match: bound to the start, free at the end.
  int found = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(module.path.data()), module.path.size(), 0, PCRE2_ANCHORED,
                          data, nullptr);
  pcre2_match_data_free(data);
  return found >= 0;
}

std::pair<int, std::string> Target::rank() const {
  bool is_class = text_ == "Linear" || text_ == "Embedding";
  return {expression_ ? 1 : is_class ? 2 : 0, text_};
}

}  // namespace lcr
