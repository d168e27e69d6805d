#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/backend_library.h"
#include "cli/commands.h"
#include "cli/progress.h"

namespace lcr::cli {

namespace {

using nlohmann::json;

struct Options {
  std::string model, reference, data, device, architecture;
  int64_t length = 512;
  int64_t windows = 0;
  std::string format = "text";
};

std::string text_of(const json& result) {
  std::string text = fmt::format("perplexity  {:.4f}\nnll         {:.6f}\ntokens      {}\nwindows     {}\n",
                                 result.value("perplexity", 0.0), result.value("nll", 0.0),
                                 result.value("tokens", int64_t{0}), result.value("windows", int64_t{0}));
  if (result.contains("kl")) {
    text += fmt::format("kl          {:.5f}\ntop1        {:.4f}\n", result["kl"].get<double>(),
                        result["top1"].get<double>());
  }
  return text;
}

json settings_of(const Options& options) {
  return {{"model", options.model},   {"reference", options.reference}, {"data", options.data},
          {"length", options.length}, {"windows", options.windows},     {"device", options.device},
          {"architecture", options.architecture}};
}

int eval(Session& session, const Options& options) {
  std::optional<BackendLibrary> backend = BackendLibrary::open(session);
  if (!backend) {
    session.finish();
    return exit_failure;
  }
  json result;
  Progress progress(isatty(STDERR_FILENO) != 0, session.quiet || options.format == "json");
  int code = backend->eval(settings_of(options).dump(),
                           [&](const std::string& event) {
                             progress.consume(event);
                             json parsed = json::parse(event, nullptr, false);
                             if (parsed.value("type", "") == "evaluation") result = parsed;
                           },
                           session);
  progress.clear();
  int found = session.finish();
  if (code != exit_ok) return code;
  if (options.format == "json") {
    json keys;
    for (const char* key : {"perplexity", "nll", "tokens", "windows", "kl", "top1"}) {
      if (result.contains(key)) keys[key] = result[key];
    }
    fmt::print("{}\n", keys.dump(2));
  } else {
    fmt::print("{}", text_of(result));
  }
  return found;
}

}  // namespace

void add_eval(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("eval", "measure perplexity, and the distance to a reference model");
  command->add_option("model", options->model, "folder of the model, compressed or not")
      ->required()
      ->type_name("MODEL");
  command->add_option("--data", options->data, "rows with `text` or `input_ids`")->required()->type_name("FILE.jsonl");
  command->add_option("--reference", options->reference, "the original: adds KL divergence and top-1 agreement")
      ->type_name("DIR");
  command->add_option("--length", options->length, "tokens in a window")
      ->check(CLI::Range(int64_t{2}, int64_t{1} << 20))
      ->capture_default_str();
  command->add_option("--windows", options->windows, "first windows to score, all when absent")
      ->check(CLI::PositiveNumber);
  command->add_option("--device", options->device, "where to compute")->check(CLI::IsMember({"cpu", "cuda"}));
  command->add_option("--architecture", options->architecture, "description to use instead of the built-in ones")
      ->type_name("FILE");
  command->add_option("--format", options->format, "how to print the result")->check(CLI::IsMember({"text", "json"}));
  command->callback([options, &session] { session.exit_code = eval(session, *options); });
}

}  // namespace lcr::cli
