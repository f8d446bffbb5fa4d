# OpenBLAS is opened when it is first needed (tensor/cpu/blas.cpp); nothing of it is needed to build. Where there is a serial one it is
# preferred: playhead brings its own threads, and a library that starts none at load has no side effects.
if(PLAYHEAD_BLAS STREQUAL "builtin")
  return()
endif()
find_library(PH_OPENBLAS NAMES libopenblas.so.0 openblas PATH_SUFFIXES openblas-serial)
if(NOT PH_OPENBLAS)
  set(where "")
  message(STATUS "OpenBLAS not found: linear algebra will look for libopenblas.so.0 when it is used")
else()
  set(where ${PH_OPENBLAS})
endif()
set_property(SOURCE tensor/cpu/blas.cpp APPEND PROPERTY COMPILE_DEFINITIONS "PH_OPENBLAS=\"${where}\"")
