# What ./dev test does, stage by stage. Sourced by dev, whose functions (need, configure, build) it uses.
# Every stage counts: a unit test, a gate, a build, an example is one passed or one failed.
passed=0 failed=0

count() { passed=$((passed + $1)) failed=$((failed + $2)); }

tally() {
  local status=$?
  [ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=1  # stopped by something that is no stage
  [ "$passed" -gt 0 ] || [ "$failed" -gt 0 ] || failed=1
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] || exit 1
}

# step NAME COMMAND...: one stage, quiet unless it fails. Its output is in build/logs/NAME.log.
step() {
  local name=$1 log=$root/build/logs/$1.log began=$SECONDS status=0; shift
  ("$@") >"$log" 2>&1 || status=$?
  if [ $status = 0 ]; then
    printf 'ok    %-22s %4d s  %s\n' "$name" $((SECONDS - began)) "${note:+$(tail -1 "$log")}"
    count 1 0
  else
    tail -60 "$log"
    printf 'FAIL  %-22s %4d s  (all of it: %s)\n' "$name" $((SECONDS - began)) "$log"
    count 0 1
    return 1
  fi
}

# units NAME COMMAND...: runs the test program; each of its test cases counts.
units() {
  local name=$1 log=$root/build/logs/$1.log began=$SECONDS status=0 good=0 bad=0; shift
  "$@" >"$log" 2>&1 || status=$?
  read -r good bad < <(sed -nE 's/.*test cases: *[0-9]+ \| *([0-9]+) passed \| *([0-9]+) failed.*/\1 \2/p' "$log" | tail -1) || true
  # A crash leaves no summary; a sanitizer's finding at exit leaves a clean one.
  [ $status = 0 ] || [ "${bad:-0}" -gt 0 ] || bad=1
  [ "${good:-0}" -gt 0 ] || [ "${bad:-0}" -gt 0 ] || bad=1
  count "${good:-0}" "${bad:-0}"
  [ "${bad:-0}" = 0 ] || tail -100 "$log"
  printf '%-5s %-22s %4d s  %d passed, %d failed\n' "$([ "${bad:-0}" = 0 ] && echo ok || echo FAIL)" "$name" $((SECONDS - began)) "${good:-0}" "${bad:-0}"
}

# pytests NAME: the Python tests, against the package in the build tree; each counts.
pytests() {
  local name=$1 log=$root/build/logs/$1.log began=$SECONDS status=0 good bad
  PYTHONPATH=$root/build/release/bindings "$python" -m pytest "$root/tests/python" -p no:cacheprovider >"$log" 2>&1 || status=$?
  good=$(sed -nE 's/(.* |^)([0-9]+) passed.*/\2/p' "$log" | tail -1) bad=$(sed -nE 's/(.* |^)([0-9]+) (failed|errors?).*/\2/p' "$log" | tail -1)
  [ $status = 0 ] || [ "${bad:-0}" -gt 0 ] || bad=1
  count "${good:-0}" "${bad:-0}"
  [ "${bad:-0}" = 0 ] || tail -60 "$log"
  printf '%-5s %-22s %4d s  %d passed, %d failed\n' "$([ "${bad:-0}" = 0 ] && echo ok || echo FAIL)" "$name" $((SECONDS - began)) "${good:-0}" "${bad:-0}"
}

# The demo on 2 threads, killed once it has written a checkpoint and then resumed, gives the bits of a run on 1 thread that
# nobody disturbed.
demo_bits() {
  local run=$root/build/release/examples/char_gpt out=$root/build/demo f
  local options=(--text "$root/docs" --steps 220 --seed 3)
  rm -rf "$out"
  "$run" "${options[@]}" --threads 1 --out "$out/whole" || return
  "$run" "${options[@]}" --threads 2 --out "$out/killed" &
  local victim=$!
  while kill -0 $victim 2>/dev/null && [ ! -f "$out/killed/checkpoint.safetensors" ]; do sleep 0.1; done
  kill -9 $victim 2>/dev/null || { echo "was over before it could be killed"; return 1; }
  wait $victim
  "$run" "${options[@]}" --threads 2 --out "$out/killed" --resume | tee "$out/log" && grep -q 'resumed at step' "$out/log" || return
  for f in checkpoint.safetensors sample.txt loss.svg; do cmp "$out/whole/$f" "$out/killed/$f" || return; done
  diff <(grep -v tokens_per_second "$out/whole/metrics.json") <(grep -v tokens_per_second "$out/killed/metrics.json")
}

compiled() {  # compiled PRESET FOLDER-NAME [cmake options]
  local preset=$1 folder=$root/build/$2; shift 2
  configure "$preset" "$folder" "$@" && cmake --build "$folder" -j "$jobs"
}

installed() {  # installed FOLDER-NAME PREFIX
  rm -rf "$2" && cmake --install "$root/build/$1" --prefix "$2"
}

# embedded HOW [cmake options]: the host program of examples/embed, given playhead one of three ways.
embedded() {
  local how=$1 folder=$root/build/embed-$1; shift
  rm -rf "$folder"
  local generator=(); command -v ninja >/dev/null && generator=(-G Ninja)
  local launcher; use_ccache
  cmake -S "$root/examples/embed" -B "$folder" ${generator[@]+"${generator[@]}"} $launcher -DPLAYHEAD_FROM="$how" -DCMAKE_BUILD_TYPE=Release -DPLAYHEAD_CUDA=OFF "$@" &&
    cmake --build "$folder" -j "$jobs" && "$folder/host"
}

readme_example() {  # prints exactly what the README says it prints
  diff <("$root/build/release/examples/readme_example") <(awk '/^```text$/ {on = 1; next} /^```$/ {if (on) exit} on' "$root/README.md")
}

fuzzed() {  # fuzzed TARGET: a short run from an empty corpus
  local corpus=$root/build/corpus/$1
  mkdir -p "$corpus"
  (cd "$corpus" && "$root/build/asan/tests/fuzz/$1" -dict="$root/tests/fuzz/${1#fuzz_}.dict" -max_total_time=20 -timeout=10 -print_final_stats=1 "$corpus")
}

# The thread sanitizer cannot start under some kernels' address layouts; without randomisation it can.
under_tsan() {
  if "$1" --version 2>&1 | grep -q 'unexpected memory mapping'; then setarch -R "$@"; else "$@"; fi
}

quick_stages() {
  python_env
  step build compiled release release $(python_options) "${strict[@]}" || return
  units unit "$root/build/release/tests/playhead_tests"
  pytests python
  local gate note=1
  for gate in "$root"/tests/gates/*.py; do
    [ "${gate##*/}" = gate.py ] || step "gate-$(basename "$gate" .py)" python3 "$gate" --build "$root/build/release" || true
  done
  note=
  step docs documentation || true
  step readme readme_example || true
  step install installed release "$root/build/prefix" && step embed-package embedded package -DCMAKE_PREFIX_PATH="$root/build/prefix" || true
}

# What takes long: other builds, each instruction set, the sanitizers, the demo.
slow_stages() {
  local isa
  for isa in avx2 baseline; do PLAYHEAD_ISA=$isa units "unit-$isa" "$root/build/release/tests/playhead_tests"; done
  step demo-bits demo_bits || true

  # The same options as the release build, so that the compiler's cache serves all three.
  step embed-subdirectory embedded subdirectory "${strict[@]}" || true
  step embed-fetch embedded fetch "${strict[@]}" || true
  if step build-static compiled release static -DBUILD_SHARED_LIBS=OFF -DPLAYHEAD_BLAS=builtin -DPLAYHEAD_BENCHMARKS=ON "${strict[@]}"; then
    units unit-static "$root/build/static/tests/playhead_tests"
    step install-static installed static "$root/build/prefix-static" &&
      step embed-static embedded package -DCMAKE_PREFIX_PATH="$root/build/prefix-static" || true
  fi

  note=1
  step wheel make_wheel "$root/build/wheel/dist" || true
  step fuzz-calls env PYTHONPATH="$root/build/release/bindings" "$python" "$root/tests/fuzz/calls.py" --seconds 20 || true
  note=

  # Nothing of it runs here, but where nvcc is, it must compile and link.
  if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
    step build-cuda compiled cuda cuda -DPLAYHEAD_BENCHMARKS=OFF -DPLAYHEAD_TESTS=OFF -DPLAYHEAD_EXAMPLES=OFF || true
  fi

  export UBSAN_OPTIONS=print_stacktrace=1
  if step build-asan compiled asan asan -DCMAKE_CXX_COMPILER=clang++-14 -DPLAYHEAD_FUZZ=ON "${strict[@]}"; then
    units unit-asan "$root/build/asan/tests/playhead_tests" -sfe='*_large*'
    local target
    for target in "$root"/tests/fuzz/fuzz_*.cpp; do step "$(basename "$target" .cpp)" fuzzed "$(basename "$target" .cpp)" || true; done
  fi
  local threaded; threaded=$(cd "$root/tests" && grep -lE 'std::j?thread|set_num_threads' test_*.cpp | paste -sd';')
  if step build-tsan compiled tsan tsan -DPLAYHEAD_EXAMPLES=OFF -DPLAYHEAD_TEST_FILES="$threaded" "${strict[@]}"; then
    TSAN_OPTIONS=halt_on_error=1 units unit-tsan under_tsan "$root/build/tsan/tests/playhead_tests" \
      -tc='*thread*,allocator*,parallel_for*,hard case 14*' -tce='*fork*' -sfe='*_large*'  # a forked child hangs in the sanitizer itself
  fi
}

run_stages() {
  local all= strict=(-DPLAYHEAD_WERROR=OFF)
  [ "${CI:-}" != true ] || all=1
  [ "${1:-}" != --all ] || { all=1; shift; }
  [ $# = 0 ] || [ "$1" = -- ] || die "test: unknown option '$1'; see ./dev test --help"
  [ -z "$all" ] || { strict=(-DPLAYHEAD_WERROR=ON) && test_packages+=" clang-14 libclang-rt-14-dev"; }
  trap tally EXIT
  need $test_packages
  mkdir -p "$root/build/logs"
  if [ $# -gt 1 ]; then
    shift
    step build compiled release release "${strict[@]}" || return
    units unit "$root/build/release/tests/playhead_tests" "$@"
    return
  fi
  quick_stages
  [ -z "$all" ] || slow_stages
}
