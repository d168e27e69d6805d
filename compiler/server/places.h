#pragma once

#include "compiler/server/documents.h"
#include "compiler/server/models.h"

namespace lcr::server {

// `{"model": FOLDER}` or `{"tree": FILE}`, relative to `folder`; empty when neither is said.
ModelPlace place_in(const Json& options, const std::string& folder);
// What a comment above the header says, relative to the text: `# model: ../models/small` or `# tree: small.tree.json`.
ModelPlace place_in_text(const Document& document);

// A module of the standard library; null when there is none.
std::shared_ptr<const Parsed> parse_module(const std::string& name);
// A file on disk; null when it cannot be read.
std::shared_ptr<const Parsed> parse_file(const std::string& path);

}  // namespace lcr::server
