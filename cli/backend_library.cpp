#include "cli/backend_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cli/foreign_diagnostics.h"
#include "compiler/diagnostics/codes/driver.h"

namespace lcr::cli {

namespace {

constexpr const char* library_name = "liblcr_backend.so";

struct Call {
  const BackendLibrary::Sink* event;
  Session* session;
};

void on_event(void* context, const char* json) { (*static_cast<Call*>(context)->event)(json); }

void on_diagnostics(void* context, const char* json) {
  Session& session = *static_cast<Call*>(context)->session;
  session.diagnostics.append(read_diagnostics(json, session.sources));
}

template <typename Function>
bool resolve(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

std::string BackendLibrary::find() {
  namespace fs = std::filesystem;
  std::error_code error;
  if (const char* path = std::getenv("LCR_BACKEND_PATH"); path != nullptr && *path != '\0') {
    return fs::exists(path, error) ? path : "";
  }
  fs::path executable = fs::read_symlink("/proc/self/exe", error);
  for (const char* folder : {".", "../lib"}) {
    fs::path candidate = executable.parent_path() / folder / library_name;
    if (fs::exists(candidate, error)) return candidate.lexically_normal().string();
  }
  return "";
}

std::optional<BackendLibrary> BackendLibrary::open(Session& session) {
  std::string path = find();
  if (path.empty()) {
    session.diagnostics
        .report(codes::L0003, fmt::format("the backend library `{}` is not beside this program", library_name))
        .help("build with libtorch (LCR_PYTHON), or name the library in LCR_BACKEND_PATH");
    return std::nullopt;
  }
  // The tensor library reads this when it is loaded: page-locked memory by several threads, three times as fast.
  setenv("PYTORCH_CUDA_ALLOC_CONF", "pinned_use_cuda_host_register:True,pinned_num_register_threads:8", /*overwrite=*/0);
  // The tensor library's threads wait for each other by spinning, for milliseconds a time. With another program on the same
  // cores each spins away the other's turn: two calibrations on two cores took a minute and more instead of two seconds.
  // Short spins cost one that is alone nothing.
  if (getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    session.diagnostics.report(codes::L0003, fmt::format("the backend library `{}` cannot be loaded", path))
        .note(dlerror())
        .help("libtorch must be where it was when lcr was built");
    return std::nullopt;
  }
  BackendLibrary backend;
  int (*version)() = nullptr;
  bool complete = resolve(library, "lcr_backend_version", version) &&
                  resolve(library, "lcr_backend_describe", backend.describe_) &&
                  resolve(library, "lcr_backend_run", backend.run_) &&
                  resolve(library, "lcr_backend_eval", backend.eval_) &&
                  resolve(library, "lcr_backend_score", backend.score_) &&
                  resolve(library, "lcr_backend_interrupt", backend.interrupt_);
  if (!complete || version() != LCR_BACKEND_VERSION) {
    session.diagnostics.report(codes::L0003, fmt::format("the backend library `{}` is of another version", path))
        .help("use the library that was built together with this program");
    return std::nullopt;
  }
  return backend;
}

std::string BackendLibrary::describe() const {
  std::string buffer(4096, '\0');
  describe_(buffer.data(), static_cast<int>(buffer.size()));
  buffer.resize(buffer.find('\0'));
  return buffer;
}

int BackendLibrary::run(const std::string& plan, const std::string& options, const Sink& event,
                        Session& session) const {
  Call call{&event, &session};
  return run_(plan.c_str(), options.c_str(), {&call, on_event, on_diagnostics});
}

int BackendLibrary::eval(const std::string& options, const Sink& event, Session& session) const {
  Call call{&event, &session};
  return eval_(options.c_str(), {&call, on_event, on_diagnostics});
}

int BackendLibrary::score(const std::string& request, const Sink& event, Session& session) const {
  Call call{&event, &session};
  return score_(request.c_str(), {&call, on_event, on_diagnostics});
}

}  // namespace lcr::cli
