# How playhead's own code is compiled. `playhead_flags` is for the library, its tests, examples and benchmarks.
add_library(playhead_flags INTERFACE)
# No errno and no trap handling lets loops become SIMD code; contraction is off so that a loop's tail rounds like its body
# (fused multiply-adds are written where they are meant). No value changes: this is not -ffast-math.
target_compile_options(playhead_flags INTERFACE -Wall -Wextra -Wconversion -fno-math-errno -fno-trapping-math -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(playhead_flags INTERFACE -Wno-restrict)  # false alarms from std::string's operator+ (GCC bug 105651)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # `a & b` on bools is how branch-free code is written here; the pragmas are for g++'s vectoriser.
  target_compile_options(playhead_flags INTERFACE -Wno-bitwise-instead-of-logical -Wno-unknown-pragmas)
endif()
if(PLAYHEAD_WERROR)
  target_compile_options(playhead_flags INTERFACE -Werror)
endif()
if(PLAYHEAD_SANITIZE)
  string(REPLACE ";" "," san "${PLAYHEAD_SANITIZE}")
  target_compile_options(playhead_flags INTERFACE -fsanitize=${san} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(playhead_flags INTERFACE -fsanitize=${san})
endif()

find_package(Threads REQUIRED)
include(GNUInstallDirs)
target_compile_features(playhead PUBLIC cxx_std_20)
# With clang a definition does not inherit what PH_PUBLIC said where it was declared; there exports.map alone decides.
set(PH_VISIBILITY $<$<CXX_COMPILER_ID:GNU>:-fvisibility=hidden> -fvisibility-inlines-hidden)
target_compile_options(playhead PRIVATE ${PH_VISIBILITY})
# Nobody replaces our functions from outside, so calls within the library need no detour through the linker's tables.
target_compile_options(playhead PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
if(NOT APPLE)
  target_link_options(playhead PRIVATE -Wl,-Bsymbolic-functions)
endif()
set_target_properties(playhead PROPERTIES
  CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_include_directories(playhead PUBLIC $<BUILD_INTERFACE:${PH_INCLUDE}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(playhead PRIVATE $<BUILD_INTERFACE:playhead_flags> Threads::Threads ${CMAKE_DL_LIBS})
target_compile_definitions(playhead PRIVATE PH_BUILDING PH_VERSION="${PROJECT_VERSION}")
# Static and shared libraries are made of the same objects: no define tells them apart (and the compiler's cache serves both).
set_property(TARGET playhead PROPERTY DEFINE_SYMBOL "")
if(BUILD_SHARED_LIBS AND NOT PLAYHEAD_SANITIZE AND NOT APPLE)
  target_link_options(playhead PRIVATE -Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/exports.map)
  set_property(TARGET playhead APPEND PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/exports.map)
endif()
# What is not ours is seen by the one file that uses it, without our warnings. -O3 makes pocketfft larger (by 90 KB) and not quicker.
set_property(SOURCE ${PROJECT_SOURCE_DIR}/tensor/cpu/fft.cpp APPEND PROPERTY COMPILE_OPTIONS -O2 -isystem ${PROJECT_SOURCE_DIR}/third_party/pocketfft)
# Glue is compiled for size: the time of these files is spent in the kernels that they call, and at -O3 they are a third larger.
file(GLOB PH_GLUE ${CMAKE_CURRENT_LIST_DIR}/../nn/*.cpp ${CMAKE_CURRENT_LIST_DIR}/../io/*.cpp ${CMAKE_CURRENT_LIST_DIR}/../autograd/ops_*.cpp
  ${CMAKE_CURRENT_LIST_DIR}/../autograd/linalg*.cpp ${CMAKE_CURRENT_LIST_DIR}/../tensor/print.cpp ${CMAKE_CURRENT_LIST_DIR}/../tensor/math_calls.cpp
  ${CMAKE_CURRENT_LIST_DIR}/../tensor/cpu/elementwise_loops_complex.cpp)
foreach(file ${PH_GLUE})
  get_filename_component(file ${file} ABSOLUTE)
  set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-O2>)
endforeach()
