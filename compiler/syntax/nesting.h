#pragma once

#include <optional>

#include "compiler/syntax/tokens.h"

namespace lcr::syntax {

// The first token that is nested deeper than `limit`, counted on the tokens, before anything recursive reads them:
// brackets, runs of prefix operators, chains of `else if`. A statement at the beginning of a line starts from zero.
std::optional<size_t> too_deep(const Tokens& tokens, std::string_view text, int limit);

// The innermost bracket that is opened in [begin, end) and not closed there.
std::optional<size_t> open_bracket(const Tokens& tokens, size_t begin, size_t end);

// Column (0-based, in bytes) of a token that is the first on its line.
std::optional<uint32_t> line_start_column(const Tokens& tokens, std::string_view text, size_t token);

// Whether the token begins a statement or header where it stands: its word does, it is the first of its line, and it
// is no name there (`model = …` in a block).
bool begins_line_statement(const Tokens& tokens, std::string_view text, size_t token);

}  // namespace lcr::syntax
