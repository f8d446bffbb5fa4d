# Install rules: the library, its headers under include/playhead/, and a package for find_package(playhead).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
install(TARGETS playhead EXPORT playhead-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(layer tensor autograd nn optim io data)
  # Kernels (tensor/cpu) are internal; layers that are not there install nothing.
  install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/${layer} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/playhead OPTIONAL
    FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN cpu EXCLUDE)
endforeach()
install(FILES ${PH_UMBRELLAS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/playhead)
install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/third_party/pocketfft/LICENSE.md DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME LICENSE-pocketfft.md)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/playhead)
install(EXPORT playhead-targets NAMESPACE playhead:: DESTINATION ${package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/playhead-config.cmake.in playhead-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(playhead-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/playhead-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/playhead-config-version.cmake
  DESTINATION ${package})
