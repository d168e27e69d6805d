#pragma once

#include <set>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/tree.h"

namespace lcr {

// One code of a comment `# lcr: ignore[L9101, layer-prefix] reason` or `# lcr: ignore-file[…] reason`.
struct Suppression {
  Span span;         // of the code within the comment
  size_t comment = 0;  // into Suppressions::comments
  const CodeInfo* code = nullptr;  // null: nothing is called so
  bool whole_file = false;
  uint32_t line = 0;  // 1-based, that it is for
  bool used = false;
};

struct SuppressionComment {
  Span span;
  bool own_line = true;
  std::string reason;
  std::string problem;  // what cannot be read; empty when all is well
};

// The suppressions of one file. A comment on a line of its own is for the next line that is no comment; another one for
// its own line; `ignore-file` for the file, and stands above the first statement.
struct Suppressions {
  std::vector<SuppressionComment> comments;
  std::vector<Suppression> items;

  // Marks what it uses. Errors are never suppressed, and nothing is without a reason.
  bool covers(const Sources& sources, const Diagnostic& diagnostic);
};

Suppressions read_suppressions(const Sources& sources, const syntax::File& file);

// What is wrong with the comments themselves, and those that nothing used; `decided` are the codes that could have been
// found: of others nothing is known.
void report_suppressions(const Sources& sources, const Suppressions& suppressions, const std::set<Code>& decided,
                         Diagnostics& diagnostics);

}  // namespace lcr
