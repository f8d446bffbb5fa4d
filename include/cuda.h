// CUDA devices, streams and their memory. Needs no CUDA to include, link or run.
#pragma once
#include "playhead/tensor/cuda.h"
