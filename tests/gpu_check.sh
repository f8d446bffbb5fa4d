#!/usr/bin/env bash
# ./dev gpu-check: builds, tests and measures on a machine with a GPU, with no network, from what was carried to it.
set -uo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
report=$root/out/gpu-report.txt build=$root/build/cuda limit=${PLAYHEAD_GPU_CHECK_LIMIT:-540}

usage() {
  cat <<'E2'
./dev gpu-check [--out FILE]   builds with CUDA, runs the CUDA tests, compute-sanitizer and benchmarks; writes one report
./dev gpu-check --prepare      on a machine that has the packages: copies into carried/ what the GPU machine may lack

  --out FILE    the report; default: out/gpu-report.txt in the repository
To check a machine without a network: run --prepare here, copy the whole folder there, run ./dev gpu-check there. It needs
nvcc, g++, cmake 3.25, and ninja or make; OpenBLAS is used if it is there. It keeps within ten minutes and
ends with "N passed, N failed".
E2
}

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --prepare)
      for d in /usr/include /usr/local/include; do
        [ ! -f $d/doctest/doctest.h ] || { mkdir -p "$root/carried/doctest" && cp $d/doctest/doctest.h "$root/carried/doctest/" && echo "carried/ is ready" && exit 0; }
      done
      echo "gpu-check: doctest/doctest.h was not found; as root, run: apt-get install doctest-dev" >&2; exit 1 ;;
    --out) [ $# -gt 1 ] || { usage >&2; exit 1; }; report=$2; shift ;;
    *) echo "gpu-check: unknown option '$1'" >&2; usage >&2; exit 1 ;;
  esac
  shift
done

mkdir -p "$(dirname "$report")" "$root/build"
exec > >(tee "$report") 2>&1
passed=0 failed=0

left() { echo $((limit - SECONDS > 5 ? limit - SECONDS : 5)); }

# stage NAME COMMAND...: one part of the report; a part that fails does not stop the others.
stage() {
  local name=$1 began=$SECONDS status; shift
  echo; echo "=== $name: $*"
  timeout "$(left)" "$@"; status=$?
  [ $status != 124 ] || echo "stopped: the ten minutes were up"
  echo "--- $name: $([ $status = 0 ] && echo ok || echo "FAILED ($status)") after $((SECONDS - began)) s"
  if [ $status = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  return $status
}
finish() { echo; echo "$passed passed, $failed failed"; [ "$failed" = 0 ]; exit; }

echo "playhead gpu-check, $(date -u +%FT%TZ), commit $(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)"
nvcc=$(command -v nvcc || ls -d /usr/local/cuda/bin/nvcc 2>/dev/null) || { echo "no nvcc: install the CUDA toolkit, or put it on PATH"; failed=1; finish; }
export PATH=$PATH:$(dirname "$nvcc") CUDACXX=$nvcc
for tool in g++ cmake; do command -v $tool >/dev/null || { echo "no $tool on this machine"; failed=1; finish; }; done
generator="Unix Makefiles"; ! command -v ninja >/dev/null || generator=Ninja
nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv || echo "nvidia-smi says there is no GPU: the CUDA tests will be skipped"
"$nvcc" --version | tail -2; g++ --version | head -1; cmake --version | head -1; nproc

cd "$root"
stage configure cmake --preset cuda -G "$generator" -B "$build" -DCMAKE_CUDA_ARCHITECTURES=native || finish
stage build cmake --build "$build" -j "$(nproc)" || finish
tests=$build/tests/playhead_tests
[ -x "$tests" ] || { echo "no tests were built: doctest is not on this machine; run ./dev gpu-check --prepare where it is"; failed=$((failed + 1)); finish; }
only=(--source-file='*cuda*')
stage cuda-tests "$tests" "${only[@]}"
# PLAYHEAD_NUM_THREADS=1: the sanitizer slows the host's side too, and the findings are easier to read.
if command -v compute-sanitizer >/dev/null; then
  stage memcheck env PLAYHEAD_NUM_THREADS=1 compute-sanitizer --tool memcheck --leak-check full --error-exitcode 1 "$tests" "${only[@]}"
  stage racecheck env PLAYHEAD_NUM_THREADS=1 compute-sanitizer --tool racecheck --error-exitcode 1 "$tests" "${only[@]}"
else
  echo "no compute-sanitizer on this machine"; failed=$((failed + 1))
fi
for benchmark in "$build"/benchmarks/*cuda*; do
  [ ! -x "$benchmark" ] || [ -d "$benchmark" ] || stage "$(basename "$benchmark")" "$benchmark"
done
stage cpu-tests "$tests" --source-file-exclude='*cuda*'
finish
