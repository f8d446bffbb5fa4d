// What a language binding adds to the tape. The tape knows nothing of the language: it only calls these, where they are set.
#pragma once
#include <exception>
#include <string>

#include "playhead/tensor/api.h"

namespace PH_PUBLIC ph {
namespace detail {

/// All null unless a binding sets them, once, before it records anything.
struct FrontEnd {
  /// Where the program stands now, as text that goes right behind "called from"; empty if this thread runs no code of the language. For anomaly mode.
  std::string (*call_site)();
  /// Adds text to an exception of the language that passes through; leaves others alone.
  void (*add_note)(const std::exception& e, const std::string& text);
  /// Throws if the user wants the program to stop. Long backward passes call it a few times a second, between two nodes.
  void (*check_interrupt)();
};
extern FrontEnd front_end;

}  // namespace detail
}  // namespace ph
