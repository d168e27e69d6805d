#pragma once

#include <span>
#include <string_view>

#include "compiler/syntax/tree.h"

// What the language's fixed words mean, in a line each: for hover and completion. Algorithms, observers and their
// parameters have their own table (compiler/language/algorithms.h).
namespace lcr::server {

struct WordDoc {
  std::string_view word;
  std::string_view doc;
  std::string_view snippet = {};  // what completion writes, with ${1:placeholders}; empty: the word
};

// Words that begin statements; those that may stand in a file of the kind.
std::span<const WordDoc> statement_words(syntax::FileKind kind);
// Null for a word that begins no statement.
const WordDoc* find_statement_word(std::string_view word);

struct FieldDoc {
  std::string_view name;
  std::string_view relation;  // "=", "<=", ">="
  std::string_view type;      // "tokens", "a list of words"
  std::string_view doc;
  std::span<const WordDoc> words = {};  // that its value can be
  std::string_view absent = "must be written";
};

// Fields of a block by its head: calibrate, budget, serve, export, schedule, device, host, disk, scheme; of a number
// format: "format". Empty for everything else.
std::span<const FieldDoc> fields_of(std::string_view block);
const FieldDoc* find_field(std::string_view block, std::string_view name);

std::span<const WordDoc> kind_docs();  // of type(…)
std::span<const WordDoc> role_docs();  // of role(…)
std::span<const WordDoc> selection_terms();
std::span<const WordDoc> format_docs();
std::span<const WordDoc> param_types();
std::span<const WordDoc> export_formats();
const WordDoc* find_word_doc(std::span<const WordDoc> words, std::string_view word);

}  // namespace lcr::server
