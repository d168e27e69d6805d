lcr_unit_test(check
  FILES ../../support/golden.cpp assign_test.cpp cases_test.cpp serving_matrix_test.cpp serving_test.cpp
        sharding_test.cpp source_config_test.cpp targets_test.cpp
  USES lcr_check lcr_recipe fmt::fmt)
lcr_unit_test(select FILES glob_test.cpp selector_test.cpp USES lcr_select fmt::fmt)
lcr_unit_test(facts
  FILES ../../support/golden.cpp channels_test.cpp facts_test.cpp
  USES lcr_facts fmt::fmt)
if(LCR_BACKEND)
  lcr_unit_test(formats
    FILES bits_test.cpp buffers.cpp examples_test.cpp kernels_test.cpp observers_test.cpp pack_test.cpp precisions.cpp
          quantize_test.cpp reference.cpp
    USES lcr_formats)
endif()
if(LCR_BACKEND)
  lcr_unit_test(data
    FILES calibration_test.cpp chat_rows_test.cpp pattern_test.cpp read_tokenizer_test.cpp rows_test.cpp tokenizer_cases_test.cpp
    USES lcr_data simdjson::simdjson)
endif()
if(LCR_BACKEND)
  lcr_unit_test(forward
    FILES
      attention_test.cpp
      execution_test.cpp
      fake_quantize_test.cpp
      norms_test.cpp
      online_transforms_test.cpp
      recurrent_test.cpp
      rope_test.cpp
      routing_test.cpp
    USES lcr_forward)
  lcr_uses_aten(test_forward)
endif()
lcr_unit_test(planner
  FILES
    ../../support/golden.cpp
    allocate_test.cpp
    layout_test.cpp
    make_plan_test.cpp
    origins_test.cpp
    random_plan.cpp
    recipes_test.cpp
    tiny_model.cpp
    verify_test.cpp
    yaml_test.cpp
  USES lcr_allocate lcr_recipe fmt::fmt)
lcr_unit_test(diff FILES ../../support/golden.cpp diff_test.cpp USES lcr_diff lcr_recipe)
lcr_unit_test(import
  FILES ../../support/golden.cpp cases_test.cpp name_pattern_test.cpp round_trip_test.cpp
  USES lcr_import lcr_recipe nlohmann_json::nlohmann_json)
lcr_unit_test(language FILES rules_test.cpp USES lcr_language)
lcr_unit_test(report FILES ../../support/golden.cpp report_test.cpp USES lcr_report lcr_diagnostics)
lcr_unit_test(recipe
  FILES ../../support/golden.cpp corpus_test.cpp hostile_test.cpp names_test.cpp params_test.cpp stdlib_test.cpp
  USES lcr_recipe lcr_stdlib fmt::fmt)
lcr_unit_test(docs
  FILES explanations_test.cpp snippets_test.cpp
  USES lcr_explanations lcr_recipe lcr_syntax lcr_diagnostics)
lcr_unit_test(diagnostics FILES render_test.cpp USES lcr_diagnostics nlohmann_json::nlohmann_json)
lcr_unit_test(syntax
  FILES
    ../../support/golden.cpp
    ambiguity.cpp
    corpus.cpp
    corpus_test.cpp
    fail_test.cpp
    format_test.cpp
    keywords_test.cpp
    parse_test.cpp
    sentences.cpp
    sentences_test.cpp
  USES lcr_syntax lcr_grammar)
lcr_unit_test(model
  FILES ../../support/golden.cpp big_model_test.cpp expressions_test.cpp fail_test.cpp graph_test.cpp model_files.cpp
        trees_test.cpp
  USES lcr_model nlohmann_json::nlohmann_json)
if(LCR_BACKEND)
  lcr_unit_test(evaluate FILES evaluate_test.cpp score_test.cpp USES lcr_evaluate)
  lcr_uses_aten(test_evaluate)
endif()
if(LCR_BACKEND)
  lcr_unit_test(cuda
    FILES engine_test.cpp kernels_test.cpp ../formats/buffers.cpp ../formats/precisions.cpp ../formats/reference.cpp
    USES lcr_execute)
  lcr_uses_aten(test_cuda)
  target_link_libraries(test_cuda PRIVATE ${CMAKE_DL_LIBS})
  # The CUDA library is found beside the program.
  set_target_properties(test_cuda PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  target_include_directories(test_cuda PRIVATE formats)
endif()
if(LCR_BACKEND)
  lcr_unit_test(algorithms
    FILES
      ../formats/buffers.cpp
      ../formats/precisions.cpp
      ../formats/reference.cpp
      activation_observer_test.cpp
      autoround_test.cpp
      awq_test.cpp
      cayley_test.cpp
      factorize_test.cpp
      gptq_test.cpp
      grid_test.cpp
      hadamard_test.cpp
      naive.cpp
      observers_test.cpp
      prune_test.cpp
      reap_test.cpp
      smooth_test.cpp
      sparsegpt_test.cpp
      sweep_test.cpp
    USES lcr_algorithms)
  lcr_uses_aten(test_algorithms)
  # Builds without the device's library skip what needs it.
  target_compile_definitions(test_algorithms PRIVATE LCR_CUDA_LIBRARY="$<$<BOOL:${LCR_CUDA}>:$<TARGET_FILE:lcr_cuda>>")
  target_link_libraries(test_algorithms PRIVATE ${CMAKE_DL_LIBS})
  target_include_directories(test_algorithms PRIVATE formats)
endif()
lcr_unit_test(server FILES positions_test.cpp words_test.cpp USES lcr_server fmt::fmt)
lcr_unit_test(lint
  FILES ../../support/golden.cpp fix_test.cpp rules_test.cpp suppress_test.cpp
  USES lcr_lint lcr_explanations fmt::fmt)
if(LCR_BACKEND)
  lcr_unit_test(chat FILES problems_test.cpp templates_test.cpp USES lcr_chat)
endif()
if(LCR_BACKEND)
  lcr_unit_test(calibrate
    FILES moment_test.cpp passes_test.cpp solved_store_test.cpp tiles_test.cpp
    USES lcr_calibrate)
  lcr_uses_aten(test_calibrate)
endif()
