#ifndef LCR_BACKEND_API_H
#define LCR_BACKEND_API_H

/* The boundary between the executable and the backend library, which it opens on demand. Text in and out is UTF-8 JSON
   or YAML; no exception and no C++ type crosses. Every call returns an exit code of the command line (docs/cli.md):
   0 done, 1 diagnostics, 2 input/output or internal error, 4 stale, 130 interrupted. */

#ifdef __cplusplus
extern "C" {
#endif

#define LCR_BACKEND_VERSION 2

/* Receives one event at a time, a JSON object without a line end (docs/events.md); may come from any thread, never from
   two at once. `context` is the caller's. */
typedef void (*lcr_event_sink)(void* context, const char* json);

/* Receives the diagnostics of a call that did not return 0: a JSON array as `--format json` prints it. */
typedef void (*lcr_diagnostic_sink)(void* context, const char* json);

typedef struct {
  void* context;
  lcr_event_sink event;
  lcr_diagnostic_sink diagnostics;
} lcr_sinks;

int lcr_backend_version(void);

/* {"torch": "2.11.0", "cuda": "13.0", "devices": ["NVIDIA …"], "cpu": "avx512"} into buffer (truncated to size). */
int lcr_backend_describe(char* buffer, int size);

/* Runs a plan. options: {"plan_path": …, "model": override or "", "out": override or "", "resume": bool,
   "device": "cpu"|"cuda"|""}. */
int lcr_backend_run(const char* plan_yaml, const char* options_json, lcr_sinks sinks);

/* Measures what rounding groups of modules costs the model. request: {"plans": [YAML of the plan with every group at its
   first candidate, second …], "groups": [[paths of a group's modules] …], "measure": "error"|"hessian"|"kl",
   "samples": rows of the calibration data (0: all), "model": folder}. Each result comes as an event of type "score" with
   "group" and "candidate" (numbers) and "score". */
int lcr_backend_score(const char* request_json, lcr_sinks sinks);

/* Evaluates. options: {"model", "reference" or "", "data", "length", "windows" (0: all), "device", "architecture" or ""}.
   The result comes as one event of type "evaluation". */
int lcr_backend_eval(const char* options_json, lcr_sinks sinks);

/* Asks a run in progress to stop at the next safe point; callable from a signal handler. */
void lcr_backend_interrupt(void);

#ifdef __cplusplus
}
#endif
#endif
