#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/tree.h"

namespace lcr {

// One architecture text or library of blocks, its statements sorted by kind. Pointers lead into `file`.
struct Description {
  struct Block {
    const syntax::Block* block = nullptr;
    const Description* home = nullptr;  // the text that declares it
  };
  syntax::File file;
  std::string name;     // of the header
  std::string folder;   // of a file of the user's; empty for a text of stdlib
  uint64_t hash = 0;    // XXH3 of the text
  std::map<std::string, Block, std::less<>> blocks;  // declared and imported
  std::vector<const syntax::Part*> parts;
  std::vector<const syntax::Setting*> settings;
  const syntax::Model* model = nullptr;
  std::vector<const syntax::Tie*> ties;
  std::vector<const syntax::Copy*> copies;
  std::vector<const syntax::Names*> names;
  std::vector<const syntax::Fused*> fused;
  std::vector<const syntax::Layout*> layouts;
  bool library = false;
};

// Parses each text once, with what it imports.
class Descriptions {
 public:
  Descriptions(Sources& sources, Diagnostics& diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

  // A module of stdlib; null when there is none (not reported) or it cannot be used (reported).
  const Description* of_module(std::string_view module);
  // A file of the user's; null when it cannot be used (reported).
  const Description* of_file(const std::string& path);
  // A text of the user's that a snapshot carries.
  const Description* of_text(const std::string& name, const std::string& text);
  // An architecture that a `part` names: beside a file of the user's first, then of stdlib. Null when there is none.
  const Description* of_part(const Description& owner, std::string_view name);

  // XXH3 over the hashes of every text read so far.
  uint64_t hash() const;

 private:
  const Description* load(const std::string& key, std::string name, std::string text, std::string folder);
  void import(Description& description, const syntax::Use& use);
  void sort(Description& description);

  Sources& sources_;
  Diagnostics& diagnostics_;
  std::map<std::string, std::unique_ptr<Description>> loaded_;  // null while it is being read
};

}  // namespace lcr
