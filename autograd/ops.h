// The public ops, by family. Every op is a free function on Tensors, recorded on the tape, differentiable any number of times.
#pragma once
#include "playhead/autograd/ops_conv.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_fft.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_matmul.h"
#include "playhead/autograd/ops_nn.h"
#include "playhead/autograd/ops_random.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_resample.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/ops_sort.h"
