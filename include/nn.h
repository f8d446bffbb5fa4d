// Modules, layers and initial values.
#pragma once
#include "playhead/nn/activation.h"
#include "playhead/nn/attention.h"
#include "playhead/nn/conv.h"
#include "playhead/nn/init.h"
#include "playhead/nn/layers.h"
#include "playhead/nn/loss.h"
#include "playhead/nn/module.h"
#include "playhead/nn/norm.h"
#include "playhead/nn/pool.h"
