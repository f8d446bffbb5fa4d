// Kernels are compiled once for each instruction set and chosen at run time.
// A file named *.isa.cpp is compiled several times, with PH_ISA set to the namespace its code must live in; nothing in
// such a file may have external linkage outside that namespace, or the linker could pick an AVX-512 copy for an old machine.
#pragma once

namespace ph::cpu {

enum class Isa { baseline, avx2, avx512 };
/// The best that this machine (and PLAYHEAD_ISA=baseline|avx2|avx512, read once) allows.
Isa isa();

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(PH_BASELINE_ONLY)
#define PH_PER_ISA(...) \
  namespace baseline { __VA_ARGS__; } \
  namespace avx2 { __VA_ARGS__; }     \
  namespace avx512 { __VA_ARGS__; }
#define PH_PICK_ISA(f) (::ph::cpu::isa() == ::ph::cpu::Isa::avx512 ? avx512::f : ::ph::cpu::isa() == ::ph::cpu::Isa::avx2 ? avx2::f : baseline::f)
#else
#define PH_PER_ISA(...) namespace baseline { __VA_ARGS__; }
#define PH_PICK_ISA(f) (baseline::f)
#endif

}  // namespace ph::cpu
