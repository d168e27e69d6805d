# Every library that lcr uses, with the versions it was built and tested with.
find_package(fmt 9 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8>=10.40)
# Debian's package of 2.8 calls itself 2.6 here.
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc>=2.6)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash>=0.8)

# The tool writes the parser, the runtime runs it. 4.7.2 with 4.9 is the pair that Debian 12 ships; runtimes from 4.10
# on read another format.
find_program(ANTLR4_TOOL antlr4 REQUIRED)
find_path(ANTLR4_INCLUDE antlr4-runtime.h PATH_SUFFIXES antlr4-runtime REQUIRED)
find_library(ANTLR4_LIBRARY NAMES libantlr4-runtime.a antlr4-runtime REQUIRED)
find_library(ANTLR4_SHARED NAMES libantlr4-runtime.so REQUIRED)

if(LCR_TESTS)
  find_package(GTest 1.12 REQUIRED)
endif()

# libtorch: taken from the Python wheel, linked through imported targets of our own (find_package(Torch) of the wheel
# wants CUDA as a language and drags in targets that are not needed).
set(LCR_BACKEND OFF)
if(NOT LCR_WITH_BACKEND STREQUAL "OFF")
  if(LCR_PYTHON)
    execute_process(
      COMMAND "${LCR_PYTHON}" -c "import torch, os; print(os.path.dirname(torch.__file__), torch.__version__)"
      OUTPUT_VARIABLE _torch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(_torch)
    separate_arguments(_torch)
    list(GET _torch 0 LCR_TORCH_DIR)
    list(GET _torch 1 LCR_TORCH_VERSION)
    if(NOT LCR_TORCH_VERSION MATCHES "^2\\.11\\.")
      message(FATAL_ERROR "lcr needs torch 2.11, ${LCR_PYTHON} has ${LCR_TORCH_VERSION}")
    endif()
    set(LCR_BACKEND ON)
    foreach(part torch_cpu c10)
      add_library(torch::${part} SHARED IMPORTED)
      set_target_properties(torch::${part} PROPERTIES
        IMPORTED_LOCATION "${LCR_TORCH_DIR}/lib/lib${part}.so"
        INTERFACE_INCLUDE_DIRECTORIES "${LCR_TORCH_DIR}/include;${LCR_TORCH_DIR}/include/torch/csrc/api/include")
    endforeach()
  elseif(LCR_WITH_BACKEND STREQUAL "ON")
    message(FATAL_ERROR "LCR_WITH_BACKEND is ON but LCR_PYTHON names no Python with torch")
  endif()
endif()

set(LCR_CUDA OFF)
if(LCR_BACKEND AND NOT LCR_WITH_CUDA STREQUAL "OFF")
  find_program(NVCC nvcc HINTS /usr/local/cuda/bin)
  if(NVCC)
    set(LCR_CUDA ON)
    execute_process(COMMAND "${NVCC}" --version OUTPUT_VARIABLE _nvcc)
    string(REGEX MATCH "release ([0-9.]+)" _unused "${_nvcc}")
    set(LCR_CUDA_TOOLKIT "${CMAKE_MATCH_1}")
  elseif(LCR_WITH_CUDA STREQUAL "ON")
    message(FATAL_ERROR "LCR_WITH_CUDA is ON but there is no nvcc")
  endif()
endif()
message(STATUS "lcr: backend ${LCR_BACKEND} (torch ${LCR_TORCH_VERSION}), CUDA ${LCR_CUDA}")
