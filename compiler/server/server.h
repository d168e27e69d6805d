#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "compiler/server/analysis.h"
#include "compiler/server/channel.h"
#include "compiler/server/documents.h"
#include "compiler/server/models.h"

namespace lcr::server {

// Error codes of the protocol.
enum class ErrorCode {
  ParseError = -32700,
  InvalidRequest = -32600,
  MethodNotFound = -32601,
  InvalidParams = -32602,
  NotInitialized = -32002,
  RequestCancelled = -32800,
  RequestFailed = -32803,
};

// What a request that cannot be answered says instead.
struct Failure {
  ErrorCode code = ErrorCode::RequestFailed;
  std::string message;
};

// What the configuration file of a folder says about a text.
struct Settings {
  LintOptions rules;
  std::string tree;  // snapshot to check against; empty: none
};
// Reads it; adds what is wrong with it as lines.
using FindSettings = std::function<Settings(const std::string& path, std::vector<std::string>& problems)>;

// The language server: one session with one client. It knows the protocol's life cycle and what is open; each feature
// is a function of its own over documents and their analyses.
class Server {
 public:
  using Send = std::function<void(const Json&)>;
  Server(Send send, std::string version, FindSettings find_settings);

  // Answers a message, or takes note of it.
  void handle(const Incoming& incoming);
  // Whether documents wait to be checked; `check_one` checks one of them and publishes what it finds.
  bool has_work() const { return !dirty_.empty(); }
  void check_one();

  bool finished() const { return finished_; }
  // 0 when the client said `shutdown` before `exit`.
  int exit_code() const { return shut_down_ ? 0 : 1; }

  // ---- for the features

  Units units() const { return units_; }
  Documents& documents() { return documents_; }
  // The folder of the workspace; empty without one.
  const std::string& root() const { return root_; }
  // Of the document that `params.textDocument` names; null when it is not open.
  Document* document_of(const Json& params);
  // Of the document's present state; made when it is asked for the first time.
  const Analysis& analysis(const Document& document);
  // The model that a document is checked against; null without one.
  std::shared_ptr<const Model> model_of(const Document& document);
  // The text of another file, open or on disk or in stdlib; null when there is none.
  std::shared_ptr<const Parsed> file(const std::string& path);
  std::shared_ptr<const Parsed> module(const std::string& name);

  // Chooses the model of all documents; an empty place: the one that the session was opened with.
  void choose_model(ModelPlace place);
  void read_models_again();
  // Null, after it was said why, when there is none.
  std::shared_ptr<const Model> read_model(const ModelPlace& place);
  bool snippets() const { return snippets_; }
  void show(int type, const std::string& message);
  void request(const std::string& method, Json params);

 private:
  Json initialize(const Json& params);
  void notify(const std::string& method, const Json& params);
  void answer(const Json& id, const std::string& method, const Json& params);
  void fail(const Json& id, ErrorCode code, const std::string& message);
  void touch(const std::string& path);
  void touch_all();
  ModelPlace place_of(const Document& document);
  const Settings& settings_of(const Document& document);
  // Files on disk may be others than they were.
  void look_again();
  void log(int type, const std::string& message);

  Send send_;
  std::string version_;
  FindSettings find_settings_;
  bool snippets_ = false;
  bool initialized_ = false, shut_down_ = false, finished_ = false;
  Units units_ = Units::Utf16;
  Documents documents_;
  Models models_;
  ModelPlace opened_with_, chosen_;
  std::string root_;  // folder that relative places are in
  std::set<std::string> dirty_;
  std::set<std::string> refreshes_;  // what the client can be asked to fetch again
  std::map<std::string, std::pair<uint64_t, std::unique_ptr<Analysis>>> analyses_;
  std::map<std::string, std::shared_ptr<const Parsed>> modules_;
  std::map<std::string, Settings> settings_;  // by path
  int64_t requests_ = 0;
};

// Serves one client over two streams until it says `exit` or the stream ends; gives the exit code.
int serve(std::FILE* in, std::FILE* out, const std::string& version, FindSettings find_settings);

}  // namespace lcr::server
