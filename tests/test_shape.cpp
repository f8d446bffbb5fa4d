// Shape ops: values against NumPy's on arange(24) as [2, 3, 4], every layout and dtype, derivatives, error texts.
#include "shape_cases.h"

using namespace ph;

namespace {

const std::vector<ShapeCase> any_layout = {
    {OP(reshape(x, {4, 6})), {4, 6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(reshape(x, {3, -1})), {3, 8},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(reshape(permute(x, {2, 0, 1}), {8, 3})), {8, 3},
      {0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}},
    {OP(flatten(x)), {24}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(flatten(x, 1)), {2, 12}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(flatten(x, 0, -2)), {6, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(unflatten(x, -1, {2, -1})), {2, 3, 2, 2},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(ravel(transpose(x, 0, 2))), {24},
      {0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23}},
    {OP(permute(x, {2, 0, 1})), {4, 2, 3},
      {0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}},
    {OP(permute(x, {-1, 1, 0})), {4, 3, 2},
      {0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23}},
    {OP(transpose(x, 0, -1)), {4, 3, 2},
      {0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23}},
    {OP(matrix_transpose(x)), {2, 4, 3},
      {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23}},
    {OP(x.T()), {4, 3, 2}, {0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23}},
    {OP(x.mT()), {2, 4, 3}, {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23}},
    {OP(x.mH()), {2, 4, 3}, {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23}},
    {OP(movedim(x, 0, -1)), {3, 4, 2},
      {0, 12, 1, 13, 2, 14, 3, 15, 4, 16, 5, 17, 6, 18, 7, 19, 8, 20, 9, 21, 10, 22, 11, 23}},
    {OP(moveaxis(x, {0, 2}, {1, 0})), {4, 2, 3},
      {0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}},
    {OP(movedim(x, {2, 0}, {0, 2})), {4, 3, 2},
      {0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23}},
    {OP(squeeze(slice(x, 1, {1, 2}))), {2, 4}, {4, 5, 6, 7, 16, 17, 18, 19}},
    {OP(squeeze(slice(x, 1, {1, 2}), 1)), {2, 4}, {4, 5, 6, 7, 16, 17, 18, 19}},
    {OP(squeeze(slice(slice(x, 1, {1, 2}), 0, {0, 1}), Shape{0, 1})), {4}, {4, 5, 6, 7}},
    {OP(unsqueeze(x, -1)), {2, 3, 4, 1},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(expand_dims(x, 1)), {2, 1, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(flip(x)), {2, 3, 4}, {23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}},
    {OP(flip(x, {1, -1})), {2, 3, 4},
      {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12}},
    {OP(fliplr(x)), {2, 3, 4}, {8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3, 20, 21, 22, 23, 16, 17, 18, 19, 12, 13, 14, 15}},
    {OP(flipud(x)), {2, 3, 4}, {12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
    {OP(rot90(x, -1)), {3, 2, 4}, {12, 13, 14, 15, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23, 8, 9, 10, 11}},
    {OP(rot90(x, 0)), {2, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(rot90(x, 1)), {3, 2, 4}, {8, 9, 10, 11, 20, 21, 22, 23, 4, 5, 6, 7, 16, 17, 18, 19, 0, 1, 2, 3, 12, 13, 14, 15}},
    {OP(rot90(x, 2)), {2, 3, 4}, {20, 21, 22, 23, 16, 17, 18, 19, 12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3}},
    {OP(rot90(x, 3)), {3, 2, 4}, {12, 13, 14, 15, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23, 8, 9, 10, 11}},
    {OP(rot90(x, 4)), {2, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(rot90(x, 1, {2, 0})), {4, 3, 2},
      {12, 0, 16, 4, 20, 8, 13, 1, 17, 5, 21, 9, 14, 2, 18, 6, 22, 10, 15, 3, 19, 7, 23, 11}},
    {OP(rot90(x, 3, {1, 2})), {2, 4, 3},
      {8, 4, 0, 9, 5, 1, 10, 6, 2, 11, 7, 3, 20, 16, 12, 21, 17, 13, 22, 18, 14, 23, 19, 15}},
    {OP(atleast_1d(x.select(0, 0).select(0, 0).select(0, 1))), {1}, {1}},
    {OP(atleast_1d(x.select(0, 1).select(0, 1))), {4}, {16, 17, 18, 19}},
    {OP(atleast_1d(x.select(0, 1))), {3, 4}, {12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(atleast_1d(x)), {2, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(atleast_2d(x.select(0, 0).select(0, 0).select(0, 1))), {1, 1}, {1}},
    {OP(atleast_2d(x.select(0, 1).select(0, 1))), {1, 4}, {16, 17, 18, 19}},
    {OP(atleast_2d(x.select(0, 1))), {3, 4}, {12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(atleast_2d(x)), {2, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(atleast_3d(x.select(0, 0).select(0, 0).select(0, 1))), {1, 1, 1}, {1}},
    {OP(atleast_3d(x.select(0, 1).select(0, 1))), {1, 4, 1}, {16, 17, 18, 19}},
    {OP(atleast_3d(x.select(0, 1))), {3, 4, 1}, {12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(atleast_3d(x)), {2, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(expand(x.select(1, 2).unsqueeze(1), {2, 2, 4})), {2, 2, 4},
      {8, 9, 10, 11, 8, 9, 10, 11, 20, 21, 22, 23, 20, 21, 22, 23}},
    {OP(expand(x, {2, -1, 3, -1})), {2, 2, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
      10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(broadcast_to(x.select(0, 0), {2, 3, 4})), {2, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
    {OP(expand_as(x.select(0, 1).select(0, 2), x)), {2, 3, 4},
      {20, 21, 22, 23, 20, 21, 22, 23, 20, 21, 22, 23, 20, 21, 22, 23, 20, 21, 22, 23, 20, 21, 22, 23}},
    {OP(flat(broadcast_tensors({x.select(0, 0).select(0, 1), x.select(0, 1).select(1, 2).unsqueeze(1)}))), {24},
      {4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 14, 14, 14, 14, 18, 18, 18, 18, 22, 22, 22, 22}},
    {OP(select(x, 1, -1)), {2, 4}, {8, 9, 10, 11, 20, 21, 22, 23}},
    {OP(narrow(x, 2, 1, 2)), {2, 3, 2}, {1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22}},
    {OP(narrow(x, 1, -2, 2)), {2, 2, 4}, {4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(narrow(x, 1, 3, 0)), {2, 0, 4}, {}},
    {OP(slice(x, 2, {1, None})), {2, 3, 3}, {1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23}},
    {OP(slice(x, 2, {None, None, -1})), {2, 3, 4},
      {3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 19, 18, 17, 16, 23, 22, 21, 20}},
    {OP(slice(x, 2, {None, -1, 2})), {2, 3, 2}, {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22}},
    {OP(slice(x, 2, {3, 0, -2})), {2, 3, 2}, {3, 1, 7, 5, 11, 9, 15, 13, 19, 17, 23, 21}},
    {OP(slice(x, 2, {-100, 100})), {2, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(slice(x, 2, {100, -100, -3})), {2, 3, 2}, {3, 0, 7, 4, 11, 8, 15, 12, 19, 16, 23, 20}},
    {OP(slice(x, 2, {2, 1})), {2, 3, 0}, {}},
    {OP(slice(x, 2, {1, 2, INT64_MAX})), {2, 3, 1}, {1, 5, 9, 13, 17, 21}},
    {OP(slice(x, 2, {3, None, INT64_MIN})), {2, 3, 1}, {3, 7, 11, 15, 19, 23}},
    {OP(diagonal(x)), {4, 2}, {0, 16, 1, 17, 2, 18, 3, 19}},
    {OP(diagonal(x, 1, 1, 2)), {2, 3}, {1, 6, 11, 13, 18, 23}},
    {OP(diagonal(x, -1, 2, 0)), {3, 2}, {1, 14, 5, 18, 9, 22}},
    {OP(diagonal(x, 5, 1, 2)), {2, 0}, {}},
    {OP(diagonal(x, -2, 1, 2)), {2, 1}, {8, 20}},
    {OP(unfold(x, 2, 2, 1)), {2, 3, 3, 2},
      {0, 1, 1, 2, 2, 3, 4, 5, 5, 6, 6, 7, 8, 9, 9, 10, 10, 11, 12, 13, 13, 14, 14, 15, 16, 17, 17, 18, 18, 19, 20, 21,
      21, 22, 22, 23}},
    {OP(unfold(x, 2, 3, 1)), {2, 3, 2, 3},
      {0, 1, 2, 1, 2, 3, 4, 5, 6, 5, 6, 7, 8, 9, 10, 9, 10, 11, 12, 13, 14, 13, 14, 15, 16, 17, 18, 17, 18, 19, 20, 21,
      22, 21, 22, 23}},
    {OP(unfold(x, 1, 2, 2)), {2, 1, 4, 2}, {0, 4, 1, 5, 2, 6, 3, 7, 12, 16, 13, 17, 14, 18, 15, 19}},
    {OP(unfold(x, 0, 2, 5)), {1, 3, 4, 2},
      {0, 12, 1, 13, 2, 14, 3, 15, 4, 16, 5, 17, 6, 18, 7, 19, 8, 20, 9, 21, 10, 22, 11, 23}},
    {OP(flat(split(x, 2, 2))), {24}, {0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23}},
    {OP(flat(split(x, 3, -1))), {24},
      {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 3, 7, 11, 15, 19, 23}},
    {OP(flat(split(x, Shape{1, 0, 2}, 1))), {24},
      {0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(flat(chunk(x, 3, 2))), {24}, {0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23}},
    {OP(flat(chunk(x, 9, 2))), {24}, {0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}},
    {OP(flat(tensor_split(x, 3, 2))), {24},
      {0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}},
    {OP(flat(tensor_split(x, 5, 1))), {24},
      {0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7, 16, 17, 18, 19, 8, 9, 10, 11, 20, 21, 22, 23}},
    {OP(flat(tensor_split(x, Shape{1, 3}, 2))), {24},
      {0, 4, 8, 12, 16, 20, 1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22, 3, 7, 11, 15, 19, 23}},
    {OP(flat(tensor_split(x, Shape{3, 1, -1}, 2))), {36},
      {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22, 3, 7,
      11, 15, 19, 23}},
    {OP(flat(unbind(x, 1))), {24}, {0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7, 16, 17, 18, 19, 8, 9, 10, 11, 20, 21, 22, 23}},
    {OP(flat(unstack(x, -1))), {24}, {0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}},
    {OP(cat({x, x}, 1)), {2, 6, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
      22, 23, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(cat({x, slice(x, 2, {None, None, 2}), flip(x)}, -1)), {2, 3, 10},
      {0, 1, 2, 3, 0, 2, 23, 22, 21, 20, 4, 5, 6, 7, 4, 6, 19, 18, 17, 16, 8, 9, 10, 11, 8, 10, 15, 14, 13, 12, 12, 13,
      14, 15, 12, 14, 11, 10, 9, 8, 16, 17, 18, 19, 16, 18, 7, 6, 5, 4, 20, 21, 22, 23, 20, 22, 3, 2, 1, 0}},
    {OP(concat({x, narrow(x, 0, 0, 0), x})), {4, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
      10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(stack({x, flip(x)})), {2, 2, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 23, 22, 21, 20, 19, 18, 17,
      16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}},
    {OP(stack({x, flip(x)}, -1)), {2, 3, 4, 2},
      {0, 23, 1, 22, 2, 21, 3, 20, 4, 19, 5, 18, 6, 17, 7, 16, 8, 15, 9, 14, 10, 13, 11, 12, 12, 11, 13, 10, 14, 9, 15, 8,
      16, 7, 17, 6, 18, 5, 19, 4, 20, 3, 21, 2, 22, 1, 23, 0}},
    {OP(stack({x, x}, 2)), {2, 3, 2, 4},
      {0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 16, 17,
      18, 19, 16, 17, 18, 19, 20, 21, 22, 23, 20, 21, 22, 23}},
    {OP(hstack({x, x})), {2, 6, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
      22, 23, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(hstack({x.select(0, 1).select(0, 1), x.select(0, 1).select(0, 1)})), {8}, {16, 17, 18, 19, 16, 17, 18, 19}},
    {OP(vstack({x.select(0, 1).select(0, 1), x.select(0, 1).select(0, 1)})), {2, 4}, {16, 17, 18, 19, 16, 17, 18, 19}},
    {OP(dstack({x.select(0, 1).select(0, 1), x.select(0, 1).select(0, 1)})), {1, 4, 2}, {16, 16, 17, 17, 18, 18, 19, 19}},
    {OP(dstack({x, x})), {2, 3, 8},
      {0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 16, 17,
      18, 19, 16, 17, 18, 19, 20, 21, 22, 23, 20, 21, 22, 23}},
    {OP(column_stack({x.select(0, 1).select(0, 1), x.select(0, 1).select(0, 1)})), {4, 2}, {16, 16, 17, 17, 18, 18, 19, 19}},
    {OP(column_stack({x.select(0, 0).mT(), x.select(0, 1).select(0, 1)})), {4, 4},
      {0, 4, 8, 16, 1, 5, 9, 17, 2, 6, 10, 18, 3, 7, 11, 19}},
    {OP(tile(x, {2})), {2, 3, 8},
      {0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 16, 17,
      18, 19, 16, 17, 18, 19, 20, 21, 22, 23, 20, 21, 22, 23}},
    {OP(tile(x, {2, 1, 3})), {4, 3, 12},
      {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11,
      12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 16, 17, 18, 19, 16, 17, 18, 19, 16, 17, 18, 19, 20, 21, 22, 23, 20,
      21, 22, 23, 20, 21, 22, 23, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8,
      9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 16, 17, 18, 19, 16, 17, 18, 19, 16, 17, 18,
      19, 20, 21, 22, 23, 20, 21, 22, 23, 20, 21, 22, 23}},
    {OP(tile(x, {2, 1, 1, 2})), {2, 2, 3, 8},
      {0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 16, 17,
      18, 19, 16, 17, 18, 19, 20, 21, 22, 23, 20, 21, 22, 23, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10,
      11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 16, 17, 18, 19, 16, 17, 18, 19, 20, 21, 22, 23, 20, 21, 22, 23}},
    {OP(tile(x, {0, 1})), {2, 0, 4}, {}},
    {OP(repeat_interleave(x, 2)), {48},
      {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16,
      17, 17, 18, 18, 19, 19, 20, 20, 21, 21, 22, 22, 23, 23}},
    {OP(repeat(x, 2, 1)), {2, 6, 4},
      {0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 16, 17,
      18, 19, 16, 17, 18, 19, 20, 21, 22, 23, 20, 21, 22, 23}},
    {OP(repeat(x, tensor({1, 0, 3}), 1)), {2, 4, 4},
      {0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 20, 21, 22, 23, 20, 21, 22,
      23}},
    {OP(repeat(x, tensor({2}), -1)), {2, 3, 8},
      {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16,
      17, 17, 18, 18, 19, 19, 20, 20, 21, 21, 22, 22, 23, 23}},
    {OP(roll(x, 5)), {2, 3, 4}, {19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}},
    {OP(roll(x, -1)), {2, 3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0}},
    {OP(roll(x, Shape{1, -2}, Shape{0, 2})), {2, 3, 4},
      {14, 15, 12, 13, 18, 19, 16, 17, 22, 23, 20, 21, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9}},
    {OP(roll(x, Shape{3, 2}, Shape{2, 2})), {2, 3, 4},
      {3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14, 19, 16, 17, 18, 23, 20, 21, 22}},
    {OP(roll(x, Shape{6}, Shape{1})), {2, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(diag_embed(x)), {2, 3, 4, 4},
      {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 5, 0, 0, 0, 0, 6, 0, 0, 0, 0, 7, 8, 0, 0, 0, 0, 9,
      0, 0, 0, 0, 10, 0, 0, 0, 0, 11, 12, 0, 0, 0, 0, 13, 0, 0, 0, 0, 14, 0, 0, 0, 0, 15, 16, 0, 0, 0, 0, 17, 0, 0, 0, 0,
      18, 0, 0, 0, 0, 19, 20, 0, 0, 0, 0, 21, 0, 0, 0, 0, 22, 0, 0, 0, 0, 23}},
    {OP(diag_embed(x, 1, 0, 2)), {5, 2, 5, 3},
      {0, 0, 0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 16, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
      5, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 17, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 6, 10, 0, 0,
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 18, 22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 7, 11, 0, 0, 0, 0, 0, 0,
      0, 0, 0, 0, 0, 0, 15, 19, 23, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      0}},
    {OP(diag_embed(x, -2, -1, 1)), {2, 6, 3, 6},
      {0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0,
      0, 0, 2, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 11, 0, 0, 0, 0,
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0,
      0, 0, 16, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 13, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 14, 0, 0,
      0, 0, 0, 18, 0, 0, 0, 0, 0, 22, 0, 0, 0, 0, 0, 0, 15, 0, 0, 0, 0, 0, 19, 0, 0, 0, 0, 0, 23, 0, 0, 0, 0, 0, 0, 0, 0,
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {OP(diag(x.select(0, 1).select(0, 1))), {4, 4}, {16, 0, 0, 0, 0, 17, 0, 0, 0, 0, 18, 0, 0, 0, 0, 19}},
    {OP(diag(x.select(0, 1).select(0, 1), -1)), {5, 5},
      {0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 18, 0, 0, 0, 0, 0, 19, 0}},
    {OP(diag(x.select(0, 1), 1)), {3}, {13, 18, 23}},
    {OP(diagflat(x.select(1, 0), 2)), {10, 10},
      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0,
      0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0,
      0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {OP(tril(x, -2)), {2, 3, 4}, {0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0}},
    {OP(triu(x, -2)), {2, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(tril(x, -1)), {2, 3, 4}, {0, 0, 0, 0, 4, 0, 0, 0, 8, 9, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 20, 21, 0, 0}},
    {OP(triu(x, -1)), {2, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 0, 21, 22, 23}},
    {OP(tril(x, 0)), {2, 3, 4}, {0, 0, 0, 0, 4, 5, 0, 0, 8, 9, 10, 0, 12, 0, 0, 0, 16, 17, 0, 0, 20, 21, 22, 0}},
    {OP(triu(x, 0)), {2, 3, 4}, {0, 1, 2, 3, 0, 5, 6, 7, 0, 0, 10, 11, 12, 13, 14, 15, 0, 17, 18, 19, 0, 0, 22, 23}},
    {OP(tril(x, 1)), {2, 3, 4}, {0, 1, 0, 0, 4, 5, 6, 0, 8, 9, 10, 11, 12, 13, 0, 0, 16, 17, 18, 0, 20, 21, 22, 23}},
    {OP(triu(x, 1)), {2, 3, 4}, {0, 1, 2, 3, 0, 0, 6, 7, 0, 0, 0, 11, 0, 13, 14, 15, 0, 0, 18, 19, 0, 0, 0, 23}},
    {OP(tril(x, 3)), {2, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(triu(x, 3)), {2, 3, 4}, {0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0}},
    {OP(tril(x, 9)), {2, 3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(triu(x, 9)), {2, 3, 4}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {OP(triu(permute(x, {1, 2, 0}))), {3, 4, 2},
      {0, 12, 0, 13, 0, 0, 0, 0, 4, 16, 0, 17, 0, 0, 0, 0, 8, 20, 0, 21, 0, 0, 0, 0}},
    {OP(tril(x, INT64_MIN)), {2, 3, 4}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {OP(triu(x, INT64_MAX)), {2, 3, 4}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {OP(pad(x, {1, 2})), {2, 3, 7},
      {0, 0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 7, 0, 0, 0, 8, 9, 10, 11, 0, 0, 0, 12, 13, 14, 15, 0, 0, 0, 16, 17, 18, 19, 0, 0,
      0, 20, 21, 22, 23, 0, 0}},
    {OP(pad(x, {0, 1, 2, 0, 1, 1}, Pad::constant, 7)), {4, 5, 5},
      {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 1, 2,
      3, 7, 4, 5, 6, 7, 7, 8, 9, 10, 11, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 12, 13, 14, 15, 7, 16, 17, 18, 19, 7, 20, 21,
      22, 23, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}},
    {OP(pad(x, {-1, 2, 0, -1})), {2, 2, 5}, {1, 2, 3, 0, 0, 5, 6, 7, 0, 0, 13, 14, 15, 0, 0, 17, 18, 19, 0, 0}},
    {OP(pad(x, {3, 1, 2, 2}, Pad::reflect)), {2, 7, 8},
      {11, 10, 9, 8, 9, 10, 11, 10, 7, 6, 5, 4, 5, 6, 7, 6, 3, 2, 1, 0, 1, 2, 3, 2, 7, 6, 5, 4, 5, 6, 7, 6, 11, 10, 9, 8,
      9, 10, 11, 10, 7, 6, 5, 4, 5, 6, 7, 6, 3, 2, 1, 0, 1, 2, 3, 2, 23, 22, 21, 20, 21, 22, 23, 22, 19, 18, 17, 16, 17,
      18, 19, 18, 15, 14, 13, 12, 13, 14, 15, 14, 19, 18, 17, 16, 17, 18, 19, 18, 23, 22, 21, 20, 21, 22, 23, 22, 19, 18,
      17, 16, 17, 18, 19, 18, 15, 14, 13, 12, 13, 14, 15, 14}},
    {OP(pad(x, {5, 1, 2, 4}, Pad::replicate)), {2, 9, 10},
      {0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 4, 4, 4, 4, 4, 4, 5, 6,
      7, 7, 8, 8, 8, 8, 8, 8, 9, 10, 11, 11, 8, 8, 8, 8, 8, 8, 9, 10, 11, 11, 8, 8, 8, 8, 8, 8, 9, 10, 11, 11, 8, 8, 8, 8,
      8, 8, 9, 10, 11, 11, 8, 8, 8, 8, 8, 8, 9, 10, 11, 11, 12, 12, 12, 12, 12, 12, 13, 14, 15, 15, 12, 12, 12, 12, 12,
      12, 13, 14, 15, 15, 12, 12, 12, 12, 12, 12, 13, 14, 15, 15, 16, 16, 16, 16, 16, 16, 17, 18, 19, 19, 20, 20, 20, 20,
      20, 20, 21, 22, 23, 23, 20, 20, 20, 20, 20, 20, 21, 22, 23, 23, 20, 20, 20, 20, 20, 20, 21, 22, 23, 23, 20, 20, 20,
      20, 20, 20, 21, 22, 23, 23, 20, 20, 20, 20, 20, 20, 21, 22, 23, 23}},
    {OP(pad(x, {3, 4, 0, 3}, Pad::circular)), {2, 6, 11},
      {1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 1, 2, 3,
      0, 1, 2, 3, 0, 1, 2, 3, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 13, 14, 15, 12, 13,
      14, 15, 12, 13, 14, 15, 17, 18, 19, 16, 17, 18, 19, 16, 17, 18, 19, 21, 22, 23, 20, 21, 22, 23, 20, 21, 22, 23, 13,
      14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 17, 18, 19, 16, 17, 18, 19, 16, 17, 18, 19, 21, 22, 23, 20, 21, 22, 23, 20,
      21, 22, 23}},
};

// Views that only some layouts have.
const std::vector<ShapeCase> row_major = {
    {OP(view(x, {6, 4})), {6, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}},
    {OP(view(slice(x, 2, {0, 2}), {6, 2})), {6, 2}, {0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21}},
    {OP(view(transpose(x, 0, 1).unsqueeze(1), {3, 2, 2, 2})), {3, 2, 2, 2},
      {0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7, 16, 17, 18, 19, 8, 9, 10, 11, 20, 21, 22, 23}},
    {OP(as_strided(x, {3, 3}, {2, 1}, 4)), {3, 3}, {4, 5, 6, 6, 7, 8, 8, 9, 10}},
    {OP(as_strided(x, {2, 2}, {-6, -1}, 23)), {2, 2}, {23, 22, 17, 16}},
    {OP(as_strided(x.select(0, 1), {2, 3}, {0, 4})), {2, 3}, {12, 16, 20, 12, 16, 20}},
};

}  // namespace

TEST_CASE("shape: values") {
  check_values(any_layout);
  check_values(row_major);
}

TEST_CASE("shape: layouts") { check_layouts(any_layout); }

TEST_CASE("shape: dtypes") {
  const Tensor x = numbers();
  for (const ShapeCase& c : any_layout) {
    const Tensor y = c.f(x);
    for (int t = 0; t < dtype_count; ++t) {
      const auto dtype = static_cast<DType>(t);
      CAPTURE(c.name);
      const Tensor z = c.f(x.to(dtype));
      CHECK(z.dtype() == dtype);
      CHECK(parts(z) == parts(y.to(dtype)));
    }
  }
}

TEST_CASE("shape: derivatives") {
  check_derivatives(any_layout);
  check_derivatives(row_major);
}

TEST_CASE("shape: views share memory, and writing through one shows") {
  Tensor x = zeros({2, 3, 4});
  const std::vector<Tensor> views = {reshape(x, {6, 4}), permute(x, {2, 1, 0}), flip(x), diagonal(x), unfold(x, 2, 2, 1), expand(x, {5, 2, 3, 4}),
                                     rot90(x), as_strided(x, {3}, {2}, 1), slice(x, 1, {None, None, 2}), squeeze(x.unsqueeze(0)), split(x, 2, 2)[1]};
  for (const Tensor& v : views) CHECK(v.shares_storage(x));
  x.fill_(3);
  for (const Tensor& v : views) CHECK(test::same_bits(v, full_like(v, 3.0)));
  flip(x, {2}).select(2, 0).fill_(5);
  CHECK(test::same_bits(x.select(2, 3), full({2, 3}, 5.0)));
}

TEST_CASE("shape: complex parts") {
  const Tensor re = randoms({3, 2}), im = randoms({3, 2}, 2), z = complex(re, im);
  CHECK(z.dtype() == complex128);
  CHECK(test::same_bits(real(z), re));
  CHECK(test::same_bits(imag(z), im));
  CHECK(test::same_bits(view_as_real(z), stack({re, im}, -1)));
  CHECK(test::same_bits(view_as_complex(stack({re, im}, -1)), z));
  CHECK(test::same_bits(real(z.mH()), re.mT()));
  CHECK(test::same_bits(imag(z.mH()), neg(im.mT())));
  CHECK(real(re).is_same(re));
  const auto f = [](const Tensors& x) {
    const Tensor z = complex(x[0], x[1]), m = z.mH();
    return cat({ravel(real(m)), ravel(imag(z)), ravel(view_as_real(view_as_complex(stack({x[1], x[0]}, -1))))});
  };
  CHECK(wrong_derivative(f, {re, im}) == "");
}

TEST_CASE("shape: gradients of joins go to each input in its own shape and dtype") {
  const Tensors xs = {randoms({2, 3}), randoms({2, 1}, 2), randoms({2, 3}, 3)};
  const auto f = [](const Tensors& x) { return mul(cat(x, 1), cat(x, 1)); };
  CHECK(wrong_derivative(f, xs) == "");
  Tensor a = ones({2}, {.dtype = float32, .requires_grad = true}), b = ones({2}, {.dtype = float64, .requires_grad = true});
  const Tensor y = cat({a, b});
  CHECK(y.dtype() == float64);
  y.backward(tensor({1., 2., 3., 4.}, {.dtype = float64}));
  CHECK(test::same_bits(a.grad(), tensor({1., 2.}, {.dtype = float32})));
  CHECK(test::same_bits(b.grad(), tensor({3., 4.}, {.dtype = float64})));
}

TEST_CASE("shape: empty and 0-d") {
  const Tensor e = zeros({0, 3}), s = tensor(2.0);
  CHECK(reshape(e, {3, 0}).shape() == Shape{3, 0});
  CHECK(flatten(s).shape() == Shape{1});
  CHECK(reshape(s, {1, 1}).shape() == Shape{1, 1});
  CHECK(transpose(s, 0, -1).shape() == Shape{});
  CHECK(permute(s, {}).shape() == Shape{});
  CHECK(s.T().shape() == Shape{});
  CHECK(flip(s).shape() == Shape{});
  CHECK(flip(e).shape() == Shape{0, 3});
  CHECK(cat({e, e}, 1).shape() == Shape{0, 6});
  CHECK(cat({e, ones({2, 3})}).shape() == Shape{2, 3});
  CHECK(stack({e, e}).shape() == Shape{2, 0, 3});
  CHECK(stack({s, s}).shape() == Shape{2});
  CHECK(tile(e, {2, 2}).shape() == Shape{0, 6});
  CHECK(roll(e, 1).shape() == Shape{0, 3});
  CHECK(unbind(e, 0).empty());
  CHECK(split(e, 2).size() == 1);
  CHECK(tril(e).shape() == Shape{0, 3});
  CHECK(diagonal(e).shape() == Shape{0});
  CHECK(diag_embed(e).shape() == Shape{0, 3, 3});
  CHECK(pad(e, {1, 1, 2, 0}).shape() == Shape{2, 5});
  CHECK(expand(s, {2, 0}).shape() == Shape{2, 0});
  CHECK(unfold(e, 1, 2, 1).shape() == Shape{0, 2, 2});
  CHECK(squeeze(s).shape() == Shape{});
  CHECK(narrow(e, 0, 0, 0).shape() == Shape{0, 3});
  CHECK(repeat_interleave(e, 3, 0).shape() == Shape{0, 3});
  Tensor x = zeros({0, 3}, {.requires_grad = true});
  reshape(cat({x, ones({2, 3})}), {6}).backward(ones({6}));
  CHECK(x.grad().shape() == Shape{0, 3});
}

TEST_CASE("shape: split pieces, changed in place and chained, give the right gradient") {
  Tensor r = ones({4}, {.dtype = float64, .requires_grad = true});
  Tensor x = mul(r, tensor({1., 2., 3., 4.}, {.dtype = float64}));
  Tensor part = narrow(split(x, 2)[1], 0, 0, 1);
  part.mul_(10.0);
  const Tensor w = tensor({1., 10., 100., 1000.}, {.dtype = float64});
  mul(x, w).backward(ones({4}, {.dtype = float64}));
  CHECK(test::same_bits(r.grad(), tensor({1., 20., 3000., 4000.}, {.dtype = float64})));
}

TEST_CASE("shape: error texts") {
  const Tensor x = zeros({2, 3, 4}), s = tensor(1.0), z = zeros({2}, {.dtype = complex64});
  CHECK_ERROR((reshape(x, {5, -1})), "reshape: element counts must match; got shape=[5, -1] for 24 elements");
  CHECK_ERROR((reshape(x, {-1, -1})), "reshape: only one size may be -1; got shape=[-1, -1]");
  CHECK_ERROR((view(x.mT(), {24})), "view: the strides do not allow this shape; got x=[2, 4, 3] with strides=[12, 1, 4], shape=[24]. Use reshape, which copies");
  CHECK_ERROR((flatten(x, 2, 1)), "flatten: start must not be after end; got start=2, end=1");
  CHECK_ERROR((permute(x, {0, 1})), "permute: needs each dimension once; got dims=[0, 1] for 3 dimensions");
  CHECK_ERROR((permute(x, {0, 1, -2})), "permute: needs each dimension once; got dims=[0, 1, -2] for 3 dimensions");
  CHECK_ERROR((transpose(x, 0, 3)), "transpose: dimension out of range; got dim=3 for 3 dimensions");
  CHECK_ERROR((s.mT()), "mT: needs at least two dimensions; got shape=[]");
  CHECK_ERROR((movedim(x, {0, 0}, {1, 2})), "movedim: a dimension is repeated; got source=[0, 0], destination=[1, 2]");
  CHECK_ERROR((squeeze(x, 1)), "squeeze: only a dimension of size 1 can be dropped; got dim=1 of shape=[2, 3, 4]");
  CHECK_ERROR((expand(x, {2, 3, 5})), "expand: the shape does not fit; got x=[2, 3, 4], shape=[2, 3, 5]");
  CHECK_ERROR((expand(x, {3, 4})), "expand: the shape does not fit; got x=[2, 3, 4], shape=[3, 4]");
  CHECK_ERROR((expand(s, {-1})), "expand: the shape does not fit; got x=[], shape=[-1]");
  CHECK_ERROR((expand(s, {1LL << 32, 1LL << 32})), "expand: too many elements; got shape=[4294967296, 4294967296]");
  CHECK_ERROR((broadcast_to(x, {-1, 3, 4})), "broadcast_to: sizes must not be negative; got shape=[-1, 3, 4]");
  CHECK_ERROR((s[0]), "select: a 0-d tensor cannot be indexed; got index=0");
  CHECK_ERROR((select(x, 1, 3)), "select: index out of range; got index=3 for dimension 1 of size 3");
  CHECK_ERROR((select(x, 1, INT64_MIN)), "select: index out of range; got index=-9223372036854775808 for dimension 1 of size 3");
  CHECK_ERROR((slice(x, 0, {0, 1, 0})), "slice: the step of a slice must not be 0");
  CHECK_ERROR((narrow(x, 2, 2, 3)), "narrow: start and length must lie within the dimension; got start=2, length=3 for dimension 2 of size 4");
  CHECK_ERROR((narrow(x, 2, 1, INT64_MAX)), "narrow: start and length must lie within the dimension; got start=1, length=9223372036854775807 for dimension 2 of size 4");
  CHECK_ERROR((diagonal(x, 0, 1, -2)), "diagonal: needs two different dimensions; got a=1, b=-2");
  CHECK_ERROR((unfold(x, 2, 5, 1)), "unfold: size must lie within the dimension and step be positive; got size=5, step=1 for dimension 2 of size 4");
  CHECK_ERROR((as_strided(x, {3, 9}, {4, 2})), "as_strided: elements must lie within the storage; got shape=[3, 9], strides=[4, 2], offset=0 for 24 elements");
  CHECK_ERROR((as_strided(x, {3}, {INT64_MAX})), "as_strided: elements must lie within the storage; got shape=[3], strides=[9223372036854775807], offset=0 for 24 elements");
  CHECK_ERROR((as_strided(x, {1}, {1}, -2)), "as_strided: elements must lie within the storage; got shape=[1], strides=[1], offset=-2 for 24 elements");
  CHECK_ERROR((imag(x)), "imag: needs a complex tensor; got dtype=float32");
  CHECK_ERROR((view_as_complex(x)), "view_as_complex: the last dimension must have size 2; got shape=[2, 3, 4]");
  CHECK_ERROR((view_as_complex(zeros({3, 3}).slice(1, {1, 3}))), "view_as_complex: pairs must be adjacent and aligned; got strides=[3, 1], offset=1. Use x.contiguous()");
  CHECK_ERROR((complex(z, z)), "complex: parts must be real; got re=complex64, im=complex64");
  CHECK_ERROR((split(x, Shape{1, 2}, 2)), "split: sizes must add up to the dimension's; got sizes=[1, 2] for dimension 2 of size 4");
  CHECK_ERROR((split(x, 0)), "split: size must be positive; got size=0");
  for (const Tensor& piece : chunk(zeros({2, 0}), 3, 1)) CHECK(piece.shape() == Shape{2, 0});
  CHECK(chunk(zeros({2, 0}), 3, 1).size() == 3);
  CHECK_ERROR((chunk(s, 2)), "chunk: needs at least one dimension; got shape=[]");
  CHECK_ERROR((cat({})), "cat: needs at least one tensor");
  CHECK_ERROR((cat({s, s})), "cat: a 0-d tensor cannot be joined. Use stack");
  CHECK_ERROR((cat({x, zeros({2, 3, 5})}, 1)), "cat: shapes must match but for dimension 1; got [2, 3, 4] and [2, 3, 5]");
  CHECK_ERROR((cat({x, zeros({2})})), "cat: shapes must match but for dimension 0; got [2, 3, 4] and [2]");
  CHECK_ERROR((stack({x, s})), "stack: shapes must match; got [2, 3, 4] and []");
  CHECK_ERROR((cat({x, x}, 3)), "cat: dimension out of range; got dim=3 for 3 dimensions");
  CHECK_ERROR((tile(x, {-1})), "tile: repetitions must not be negative; got reps=[-1]");
  CHECK_ERROR((tile(x, {1LL << 40, 1LL << 40})), "tile: too many elements; got shape=[1, 2, 1099511627776, 3, 1099511627776, 4]");
  CHECK_ERROR((repeat(x, tensor({1, -1, 2}), 1)), "repeat_interleave: repeats must not be negative; got -1 for entry 1");
  CHECK_ERROR((repeat(x, tensor({0, INT64_MAX, 1}), 1)), "repeat_interleave: the repeats add up to more than 2^63");
  CHECK_ERROR((repeat(x, tensor({1, 2}), 1)), "repeat_interleave: needs one count per entry; got repeats=[2] for dimension 1 of size 3");
  CHECK_ERROR((roll(x, Shape{1}, Shape{0, 1})), "roll: needs one shift per dimension; got shifts=[1], dims=[0, 1]");
  CHECK_ERROR((pad(x, {1})), "pad: needs two numbers per dimension, from the last one on; got pads=[1] for 3 dimensions");
  CHECK_ERROR((pad(x, {-3, -2})), "pad: margins must not take away more than there is; got before=-3, after=-2 for dimension 2 of size 4");
  CHECK_ERROR((pad(x, {4, 0}, Pad::reflect)), "pad: reflect needs margins of 0 or more that the dimension can fill; got before=4, after=0 for dimension 2 of size 4");
  CHECK_ERROR((meshgrid({x})), "meshgrid: inputs must have at most one dimension; got shape=[2, 3, 4]");
  CHECK_ERROR((Tensor().reshape({1})), "tensor: it is undefined (default-constructed or moved from)");
}
