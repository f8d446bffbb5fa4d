// PH_PUBLIC marks the namespace blocks whose symbols the shared library shows; everything else in it is hidden.
// A source file that defines public functions opens its namespace with it too: clang looks at the definition's block only.
#pragma once

#define PH_PUBLIC [[gnu::visibility("default")]]
