#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "compiler/server/json.h"
#include "compiler/server/positions.h"
#include "compiler/syntax/tree.h"

namespace lcr::server {

// One text, read without names: what needs no other file. Its spans are of its own `sources`.
struct Parsed {
  std::string path;
  Sources sources;
  uint32_t file = 0;
  syntax::File tree;
  bool readable = true;  // without syntax errors

  std::string_view text() const { return sources.file(file).text(); }
  const std::string& name() const { return sources.file(file).name(); }
};
std::shared_ptr<const Parsed> parse_text(const std::string& path, std::string text);

// A text that the client has open: what it shows goes before what is on disk.
struct Document {
  std::string uri, path, text;
  int64_t version = 0;
  uint64_t revision = 0;  // counts all changes of all documents, so that it names a state
  std::shared_ptr<const Parsed> parsed;
};

class Documents {
 public:
  Document& open(const Json& item);
  // Applies `contentChanges`, whole texts or ranges, in their order.
  void change(Document& document, const Json& changes, Units units);
  void close(const std::string& uri);
  // Null when it is not open.
  Document* find(const std::string& uri);
  const Document* find_path(const std::string& path) const;
  std::map<std::string, Document>& all() { return documents_; }
  // The texts of open files by their normal paths.
  std::map<std::string, std::string> texts() const;

 private:
  void reparse(Document& document);

  std::map<std::string, Document> documents_;
  uint64_t revisions_ = 0;
};

}  // namespace lcr::server
