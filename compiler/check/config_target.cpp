#include "compiler/check/config_target.h"

namespace lcr {

ConfigTarget::ConfigTarget(std::string text_) : text(std::move(text_)) {
  if (text == "Linear" || text == "Embedding") rank = 2;
  if (!text.starts_with("re:")) return;
  // As Python's re.match: bound to the start, free at the end.
  rank = 1;
  expression = std::make_shared<NameRegex>(text.substr(3), NameRegex::Anchor::Start);
}

bool ConfigTarget::matches(std::string_view module, std::string_view class_name) const {
  if (rank == 1) return expression->match(module) == NameRegex::Result::Yes;
  return text == (rank == 0 ? module : class_name);
}

}  // namespace lcr
