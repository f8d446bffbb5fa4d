// Optimisers and learning-rate schedules.
#pragma once
#include "playhead/optim/optimizer.h"
#include "playhead/optim/schedule.h"
