#include "compiler/server/server.h"

#include <filesystem>

#include <fmt/format.h>

#include "compiler/server/places.h"
#include "compiler/server/publish.h"
#include "compiler/server/requests.h"
#include "compiler/server/uri.h"

namespace lcr::server {
namespace {

// Whether the client counts bytes: it lists what it can, the best first.
Units units_of(const Json& params) {
  const Json& encodings = member(params, {"capabilities", "general", "positionEncodings"});
  if (encodings.is_array())
    for (const Json& encoding : encodings) {
      if (encoding == "utf-8") return Units::Utf8;
      if (encoding == "utf-16") return Units::Utf16;
    }
  return Units::Utf16;
}

std::set<std::string> refreshes_of(const Json& params) {
  std::set<std::string> found;
  for (const char* what : {"inlayHint", "codeLens", "semanticTokens"})
    if (is_true(member(params, {"capabilities", "workspace", what, "refreshSupport"}))) found.insert(what);
  return found;
}

std::string root_of(const Json& params) {
  const Json& folders = member(params, "workspaceFolders");
  if (folders.is_array() && !folders.empty()) return path_of_uri(text_of(member(folders[0], "uri")));
  if (const std::string uri = text_of(member(params, "rootUri")); !uri.empty()) return path_of_uri(uri);
  return text_of(member(params, "rootPath"));
}

}  // namespace

Server::Server(Send send, std::string version, FindSettings find_settings)
    : send_(std::move(send)), version_(std::move(version)), find_settings_(std::move(find_settings)) {}

// The one fence of the JSON library: what a message holds may be anything.
void Server::handle(const Incoming& incoming) {
  const Json& message = incoming.message;
  if (incoming.malformed) return fail(nullptr, ErrorCode::ParseError, "a message is no JSON");
  if (!message.is_object()) return fail(nullptr, ErrorCode::InvalidRequest, "a message is no object");
  const Json& id = member(message, "id");
  const std::string method = text_of(member(message, "method"));
  // Answers to what the server asked are of no interest.
  if (method.empty()) {
    if (!message.contains("result") && !message.contains("error")) fail(id, ErrorCode::InvalidRequest, "a message names no method");
    return;
  }
  const Json& params = member(message, "params");
  try {
    if (message.contains("id")) {
      if (incoming.cancelled) fail(id, ErrorCode::RequestCancelled, "the request was cancelled");
      else answer(id, method, params);
    } else {
      notify(method, params);
    }
  } catch (const Json::exception&) {
    if (message.contains("id")) fail(id, ErrorCode::InvalidParams, fmt::format("the parameters of `{}` are of wrong types", method));
  }
}

void Server::answer(const Json& id, const std::string& method, const Json& params) {
  if (method == "initialize") {
    if (initialized_) return fail(id, ErrorCode::InvalidRequest, "the session is initialized already");
    return send_({{"jsonrpc", "2.0"}, {"id", id}, {"result", initialize(params)}});
  }
  if (!initialized_) return fail(id, ErrorCode::NotInitialized, fmt::format("`{}` comes before `initialize`", method));
  if (shut_down_) return fail(id, ErrorCode::InvalidRequest, fmt::format("`{}` comes after `shutdown`", method));
  if (method == "shutdown") {
    shut_down_ = true;
    return send_({{"jsonrpc", "2.0"}, {"id", id}, {"result", nullptr}});
  }
  const RequestHandler handler = find_request(method);
  if (handler == nullptr) return fail(id, ErrorCode::MethodNotFound, fmt::format("there is no method `{}`", method));
  Answer result = handler(*this, params);
  if (const auto* failure = std::get_if<Failure>(&result)) return fail(id, failure->code, failure->message);
  send_({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(std::get<Json>(result))}});
}

void Server::fail(const Json& id, ErrorCode code, const std::string& message) {
  send_({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", static_cast<int>(code)}, {"message", message}}}});
}

Json Server::initialize(const Json& params) {
  initialized_ = true;
  units_ = units_of(params);
  refreshes_ = refreshes_of(params);
  snippets_ = is_true(member(params, {"capabilities", "textDocument", "completion", "completionItem", "snippetSupport"}));
  root_ = root_of(params);
  opened_with_ = place_in(member(params, "initializationOptions"), root_);
  return {{"capabilities", capabilities(units_)}, {"serverInfo", {{"name", "lcr"}, {"version", version_}}}};
}

void Server::notify(const std::string& method, const Json& params) {
  if (method == "exit") {
    finished_ = true;
    return;
  }
  if (!initialized_ || shut_down_) return;
  const std::string uri = text_of(member(params, {"textDocument", "uri"}));
  if (method == "textDocument/didOpen") {
    look_again();
    const Json& item = member(params, "textDocument");
    if (uri.empty()) return;
    touch(documents_.open(item).path);
  } else if (method == "textDocument/didChange") {
    Document* document = documents_.find(uri);
    if (document == nullptr) return;
    document->version = whole_of(member(params, {"textDocument", "version"})).value_or(document->version + 1);
    documents_.change(*document, member(params, "contentChanges"), units_);
    touch(document->path);
  } else if (method == "textDocument/didSave") {
    look_again();
    if (Document* document = documents_.find(uri)) touch(document->path);
  } else if (method == "textDocument/didClose") {
    const std::string path = path_of_uri(uri);
    documents_.close(uri);
    analyses_.erase(uri);
    dirty_.erase(uri);
    send_({{"jsonrpc", "2.0"}, {"method", "textDocument/publishDiagnostics"}, {"params", {{"uri", uri}, {"diagnostics", Json::array()}}}});
    touch(path);
  } else if (method == "workspace/didChangeWatchedFiles") {
    look_again();
    touch_all();
  } else if (method == "workspace/didChangeConfiguration") {
    // Clients send settings of other servers too, or none.
    const Json& settings = member(params, {"settings", "lcr"});
    const ModelPlace place = place_in(settings, root_);
    if (!settings.is_object() || place == opened_with_) return;
    opened_with_ = place;
    touch_all();
  }
}

// A changed text concerns the document itself and all that import it.
void Server::touch(const std::string& path) {
  for (auto& [uri, document] : documents_.all()) {
    const auto known = analyses_.find(uri);
    if (document.path != path && known != analyses_.end() && !known->second.second->reads(path)) continue;
    analyses_.erase(uri);
    dirty_.insert(uri);
  }
}

void Server::touch_all() {
  analyses_.clear();
  for (auto& [uri, document] : documents_.all()) dirty_.insert(uri);
  for (const std::string& what : refreshes_) request(fmt::format("workspace/{}/refresh", what), nullptr);
}

void Server::check_one() {
  const std::string uri = *dirty_.begin();
  dirty_.erase(dirty_.begin());
  const Document* document = documents_.find(uri);
  if (document == nullptr) return;
  Json params = diagnostics_of(*document, analysis(*document), units_);
  send_({{"jsonrpc", "2.0"}, {"method", "textDocument/publishDiagnostics"}, {"params", std::move(params)}});
}

Document* Server::document_of(const Json& params) { return documents_.find(text_of(member(params, {"textDocument", "uri"}))); }

const Analysis& Server::analysis(const Document& document) {
  auto& [revision, known] = analyses_[document.uri];
  if (!known || revision != document.revision) {
    known = analyse(document, model_of(document), documents_.texts(), settings_of(document).rules);
    revision = document.revision;
  }
  return *known;
}

ModelPlace Server::place_of(const Document& document) {
  if (!chosen_.empty()) return chosen_;
  if (ModelPlace place = place_in_text(document); !place.empty()) return place;
  if (!opened_with_.empty()) return opened_with_;
  return {settings_of(document).tree, true};
}

const Settings& Server::settings_of(const Document& document) {
  const auto [place, fresh] = settings_.try_emplace(document.path);
  if (!fresh) return place->second;
  std::vector<std::string> problems;
  place->second = find_settings_(document.path, problems);
  for (const std::string& problem : problems) log(1, problem);
  return place->second;
}

void Server::look_again() {
  models_.forget_stamps();
  settings_.clear();
}

void Server::log(int type, const std::string& text) {
  const std::string message = text.substr(0, text.find_last_not_of('\n') + 1);
  send_({{"jsonrpc", "2.0"}, {"method", "window/logMessage"}, {"params", {{"type", type}, {"message", message}}}});
}

std::shared_ptr<const Model> Server::model_of(const Document& document) { return read_model(place_of(document)); }

std::shared_ptr<const Model> Server::read_model(const ModelPlace& place) {
  std::vector<std::string> problems;
  std::shared_ptr<const Model> model = models_.load(place, problems);
  const int type = model ? 2 : 1;
  for (const std::string& problem : problems) log(type, problem);
  if (!model && !problems.empty()) show(type, fmt::format("the model `{}` cannot be read: {}", place.path, problems.front()));
  return model;
}

std::shared_ptr<const Parsed> Server::module(const std::string& name) {
  std::shared_ptr<const Parsed>& known = modules_[name];
  if (!known) known = parse_module(name);
  return known;
}

std::shared_ptr<const Parsed> Server::file(const std::string& path) {
  if (const Document* open = documents_.find_path(path)) return open->parsed;
  return parse_file(path);
}

void Server::choose_model(ModelPlace place) {
  chosen_ = std::move(place);
  if (!chosen_.path.empty() && std::filesystem::path(chosen_.path).is_relative()) chosen_.path = (std::filesystem::path(root_) / chosen_.path).string();
  look_again();
  touch_all();
}

void Server::read_models_again() {
  look_again();
  touch_all();
}

void Server::show(int type, const std::string& message) {
  send_({{"jsonrpc", "2.0"}, {"method", "window/showMessage"}, {"params", {{"type", type}, {"message", message}}}});
}

void Server::request(const std::string& method, Json params) {
  Json message = {{"jsonrpc", "2.0"}, {"id", fmt::format("lcr-{}", ++requests_)}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  send_(message);
}

int serve(std::FILE* in, std::FILE* out, const std::string& version, FindSettings find_settings) {
  Channel channel(in, out);
  Server server([&](const Json& message) { channel.send(message); }, version, std::move(find_settings));
  while (!server.finished()) {
    // Findings are published when nothing waits: changes that follow each other are checked once.
    while (server.has_work() && channel.idle()) server.check_one();
    const std::optional<Incoming> incoming = channel.next();
    if (!incoming) return server.exit_code();
    server.handle(*incoming);
  }
  return server.exit_code();
}

}  // namespace lcr::server
