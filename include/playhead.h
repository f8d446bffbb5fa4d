// All of playhead: tensors, ops, autograd. Modules, optimisers and files: <playhead/nn.h>, <playhead/optim.h>, <playhead/io.h>.
#pragma once
#include "playhead/autograd/engine.h"
#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops.h"
#include "playhead/tensor/tensor.h"
