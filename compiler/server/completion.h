#pragma once

#include <string>
#include <vector>

#include "compiler/language/algorithms.h"
#include "compiler/server/cursor.h"
#include "compiler/server/requests.h"
#include "compiler/server/symbols.h"
#include "compiler/server/words.h"

namespace lcr::server {

// Kinds of the protocol that are used here.
enum class ItemKind { Function = 3, Field = 5, Variable = 6, Class = 7, Module = 9, Property = 10, Value = 12, Keyword = 14, Folder = 19, Constant = 21 };

struct Item {
  std::string label;
  ItemKind kind = ItemKind::Value;
  std::string detail;
  std::string doc = {};      // Markdown
  std::string insert = {};   // when it is not the label; a snippet when `snippet`
  bool snippet = false;
  int rank = 1;              // lower ones first
};

// What the parts of completion look at.
struct CompletionSpot {
  Server& server;
  const Document& document;
  uint32_t offset = 0;
  Cursor cursor;
  std::map<std::string, Symbol> names;
  std::vector<Item> items;

  void add(Item item) { items.push_back(std::move(item)); }
  void add_words(std::span<const WordDoc> words, ItemKind kind, int rank = 1);
  void add_names(std::initializer_list<SymbolKind> kinds, int rank = 0);
};

// Parts, each for one kind of place.
void complete_path(CompletionSpot& at);       // segments of the model's names, within backticks
void complete_import(CompletionSpot& at);     // use, extends
void complete_brackets(CompletionSpot& at);   // arguments and fields
void complete_statement(CompletionSpot& at);  // everything outside of brackets
// Terms of a selection, names and words.
void add_selections(CompletionSpot& at);
void add_precisions(CompletionSpot& at);
void add_algorithms(CompletionSpot& at, std::initializer_list<AlgorithmRole> roles);

// textDocument/completion
Answer completion(Server& server, const Json& params);

}  // namespace lcr::server
