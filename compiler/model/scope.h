#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "compiler/model/description.h"
#include "compiler/model/term.h"

namespace lcr::elaboration {

// A description with the configuration it was opened on: its evaluated definitions and its parts. A library's scope
// has no configuration.
struct Scope {
  const Description* description = nullptr;
  const Json* config = nullptr;
  std::string root;  // path of `config` from the top of config.json: "" or "text_config."
  std::map<std::string, Term, std::less<>> definitions;
  std::map<std::string, const syntax::Setting*, std::less<>> indexed;
  std::map<std::string, std::unique_ptr<Scope>, std::less<>> parts;
};

// Block locals and parameters.
class Locals {
 public:
  const Term* find(std::string_view name) const {
    for (const auto& [key, term] : terms_)
      if (key == name) return &term;
    return nullptr;
  }
  Term* find(std::string_view name) { return const_cast<Term*>(std::as_const(*this).find(name)); }
  void set(std::string_view name, Term term) {
    if (Term* found = find(name)) *found = std::move(term);
    else terms_.emplace_back(std::string(name), std::move(term));
  }
  void erase(std::string_view name) {
    std::erase_if(terms_, [&](const auto& entry) { return entry.first == name; });
  }

 private:
  std::vector<std::pair<std::string, Term>> terms_;
};

}  // namespace lcr::elaboration
