#include "compiler/model/name_list.h"

#include <fmt/format.h>

namespace lcr {

std::string NameList::text() const {
  std::string text;
  for (const std::string& name : first_) {
    if (!text.empty()) text += ", ";
    text += "`" + name + "`";
  }
  if (count_ > first_.size()) text += fmt::format(" and {} more", count_ - first_.size());
  return text;
}

std::string counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace lcr
