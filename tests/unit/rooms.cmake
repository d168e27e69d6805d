lcr_unit_test(select FILES glob_test.cpp selector_test.cpp USES lcr_select fmt::fmt)
if(LCR_BACKEND)
  lcr_unit_test(formats
    FILES bits_test.cpp buffers.cpp pack_test.cpp precisions.cpp quantize_test.cpp reference.cpp
    USES lcr_formats)
endif()
if(LCR_BACKEND)
  lcr_unit_test(data
    FILES pattern_test.cpp read_tokenizer_test.cpp rows_test.cpp tokenizer_cases_test.cpp
    USES lcr_data simdjson::simdjson)
endif()
