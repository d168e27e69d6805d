#include "compiler/server/documents.h"

#include <filesystem>

#include "compiler/server/uri.h"
#include "compiler/syntax/parse.h"

namespace lcr::server {

std::shared_ptr<const Parsed> parse_text(const std::string& path, std::string text) {
  auto parsed = std::make_shared<Parsed>();
  parsed->path = path;
  parsed->file = parsed->sources.add(path, std::move(text));
  Diagnostics found;
  parsed->tree = syntax::parse(parsed->sources, parsed->file, found);
  parsed->readable = !found.has_errors();
  return parsed;
}

void Documents::reparse(Document& document) {
  document.revision = ++revisions_;
  document.parsed = parse_text(document.path, document.text);
}

Document& Documents::open(const Json& item) {
  const std::string uri = text_of(member(item, "uri"));
  Document& document = documents_[uri];
  document.uri = uri;
  document.path = path_of_uri(uri);
  document.text = text_of(member(item, "text"));
  document.version = whole_of(member(item, "version")).value_or(0);
  reparse(document);
  return document;
}

void Documents::change(Document& document, const Json& changes, Units units) {
  if (changes.is_array()) {
    for (const Json& change : changes) {
      const Json& range = member(change, "range");
      const std::string text = text_of(member(change, "text"));
      if (!range.is_object()) {
        document.text = text;
        continue;
      }
      const Span span = Positions(document.text, units).span(0, range);
      document.text.replace(span.begin, span.end - span.begin, text);
    }
  }
  reparse(document);
}

void Documents::close(const std::string& uri) {
  if (documents_.erase(uri) > 0) ++revisions_;
}

Document* Documents::find(const std::string& uri) {
  const auto found = documents_.find(uri);
  return found == documents_.end() ? nullptr : &found->second;
}

const Document* Documents::find_path(const std::string& path) const {
  const std::string normal = std::filesystem::path(path).lexically_normal().string();
  for (const auto& [uri, document] : documents_)
    if (std::filesystem::path(document.path).lexically_normal().string() == normal) return &document;
  return nullptr;
}

std::map<std::string, std::string> Documents::texts() const {
  std::map<std::string, std::string> found;
  for (const auto& [uri, document] : documents_)
    found[std::filesystem::path(document.path).lexically_normal().string()] = document.text;
  return found;
}

}  // namespace lcr::server
