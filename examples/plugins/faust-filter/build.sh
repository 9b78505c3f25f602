#!/bin/sh
# Builds filter.wasm (or the file given) with faust, clang and lld (Debian: apt install faust clang lld). -double: states of
# filters in double precision, samples stay floats. -ftz 1: states that are next to nothing become zero.
cd "$(dirname "$0")" || exit
sdk=${AUDIOCLOUD_SDK:-../../../dsp}/c
made=$(mktemp -d) && trap 'rm -rf "$made"' EXIT
"${FAUST:-faust}" -lang c -double -ftz 1 -cn Program filter.dsp -o "$made/program.c" &&
  "${CLANG:-clang}" --target=wasm32 -c -O3 -ffp-contract=off -ffreestanding -fno-math-errno -Wall \
    -msimd128 -mbulk-memory -msign-ext -mnontrapping-fptoint -mmutable-globals \
    -nostdlibinc -I "$sdk" -I "$made" -o "$made/plugin.o" wrapper.c &&
  "${WASM_LD:-wasm-ld}" --no-entry --export=__stack_pointer --stack-first -z stack-size=16384 \
    --initial-memory=65536 --max-memory=67108864 --strip-all -o "${1:-filter.wasm}" "$made/plugin.o"
