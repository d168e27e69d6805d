#include "compiler/model/spelling.h"

#include "compiler/diagnostics/codes/model.h"

namespace lcr::elaboration {

Spelling::Spelling(Elaborator& elaborator, const Scope& scope) { read(elaborator, scope); }

void Spelling::read(Elaborator& elaborator, const Scope& scope) {
  for (const syntax::Names* names : scope.description->names) {
    for (const auto& paths : names->rows) {
      Row row;
      for (const syntax::Path& path : paths) {
        const bool good = path.text == "**" || path.text.ends_with(".**");
        if (!good || path.text.find('*') != path.text.size() - 2) {
          elaborator.fail(codes::L7022, path.span, "a spelling is a front part and `.**`");
          continue;
        }
        row.fronts.push_back(path.text.substr(0, path.text.size() - 2));
      }
      if (row.fronts.size() > 1) rows_.push_back(std::move(row));
    }
  }
  for (const auto& [name, part] : scope.parts) read(elaborator, *part);
}

void Spelling::choose(const Checkpoint& checkpoint, const std::vector<std::string>& declared) {
  std::string name;
  for (Row& row : rows_) {
    bool chosen = false;
    for (size_t i = 0; i < declared.size() && !chosen; ++i) {
      if (!declared[i].starts_with(row.fronts[0])) continue;
      for (size_t alternative = 0; alternative < row.fronts.size() && !chosen; ++alternative) {
        name = row.fronts[alternative] + declared[i].substr(row.fronts[0].size());
        chosen = checkpoint.find(name) >= 0;
        if (chosen) row.chosen = alternative;
      }
    }
  }
}

void Spelling::apply(std::string& name) const {
  for (const Row& row : rows_) {
    if (!name.starts_with(row.fronts[0])) continue;
    if (row.chosen != 0) name.replace(0, row.fronts[0].size(), row.fronts[row.chosen]);
    return;
  }
}

std::vector<std::string> Spelling::others(std::string_view name) const {
  std::vector<std::string> spellings;
  for (const Row& row : rows_) {
    if (!name.starts_with(row.fronts[0])) continue;
    for (size_t i = 0; i < row.fronts.size(); ++i)
      if (i != row.chosen) spellings.push_back(row.fronts[i] + std::string(name.substr(row.fronts[0].size())));
    break;
  }
  return spellings;
}

}  // namespace lcr::elaboration
