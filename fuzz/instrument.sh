#!/bin/sh
# Called by cargo in place of rustc, for the packages of this workspace: compiles the
# host's code with counters that libFuzzer reads, and all else as ever. The
# dependencies never come here, so those that the tests are linked with serve.
rustc=$1
shift
root=$(dirname "$(dirname "$0")")
case "$CARGO_MANIFEST_DIR" in
"$root/host" | "$root/host/"* | "$root/fuzz") ;;
*) exec "$rustc" "$@" ;;
esac
exec "$rustc" "$@" --cfg fuzzing -C passes=sancov-module \
    -C llvm-args=-sanitizer-coverage-level=4 \
    -C llvm-args=-sanitizer-coverage-inline-8bit-counters \
    -C llvm-args=-sanitizer-coverage-pc-table \
    -C llvm-args=-sanitizer-coverage-trace-compares \
    -C llvm-args=-simplifycfg-branch-fold-threshold=0
