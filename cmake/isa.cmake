# Each tensor/cpu/*.isa.cpp is compiled once per instruction set into its own object library (see tensor/cpu/isa.h).
set(PH_ISAS baseline)
# Optimised even in a debug build: otherwise they would leave out-of-line copies of inline functions for the linker to mix.
set(PH_ISA_OPTIMISE -O3)
set(PH_ISA_FLAGS_baseline "")
if(PLAYHEAD_ISA STREQUAL "baseline")
  target_compile_definitions(playhead PRIVATE PH_BASELINE_ONLY)
  set(PH_ISA_OPTIMISE "")
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND PH_ISAS avx2 avx512)
  set(PH_ISA_FLAGS_avx2 -mavx2 -mfma -mf16c -mbmi2)
  set(PH_ISA_FLAGS_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512cd -mavx2 -mfma -mf16c -mbmi2 -mprefer-vector-width=512)
endif()
# Many small loops: unrolled and with vector epilogues they are three times the size and no faster.
set_source_files_properties(tensor/cpu/reduce.isa.cpp PROPERTIES COMPILE_OPTIONS
  "$<$<CXX_COMPILER_ID:GNU>:-O2;-ftree-vectorize;-fvect-cost-model=dynamic;--param=vect-epilogues-nomask=0>;$<$<CXX_COMPILER_ID:Clang>:-O2;-fno-unroll-loops>")
foreach(isa ${PH_ISAS})
  add_library(playhead_${isa} OBJECT ${PH_ISA_SOURCES})
  target_compile_features(playhead_${isa} PRIVATE cxx_std_20)
  target_include_directories(playhead_${isa} PRIVATE ${PH_INCLUDE})
  target_compile_definitions(playhead_${isa} PRIVATE PH_BUILDING PH_ISA=${isa})
  target_compile_options(playhead_${isa} PRIVATE ${PH_ISA_FLAGS_${isa}} ${PH_ISA_OPTIMISE} ${PH_VISIBILITY})
  set_target_properties(playhead_${isa} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(playhead_${isa} PRIVATE playhead_flags)
  target_sources(playhead PRIVATE $<TARGET_OBJECTS:playhead_${isa}>)
endforeach()
# A register tile adds products of vectors: the compiler may fuse there, since every element of a product goes through the same tile code.
set_property(SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/tensor/cpu/gemm.isa.cpp ${CMAKE_CURRENT_SOURCE_DIR}/tensor/cpu/stencil.isa.cpp
  APPEND PROPERTY COMPILE_OPTIONS -ffp-contract=fast)
