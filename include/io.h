// Files: safetensors, and writing any file so that a crash cannot tear it.
#pragma once
#include "playhead/io/file.h"
#include "playhead/io/safetensors.h"
