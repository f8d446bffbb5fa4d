// PH_PUBLIC marks the namespace blocks whose symbols the shared library shows; everything else in it is hidden.
#pragma once

#define PH_PUBLIC [[gnu::visibility("default")]]
