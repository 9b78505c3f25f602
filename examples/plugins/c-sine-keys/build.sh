#!/bin/sh
# Builds sine-keys.wasm (or the file given) with clang and lld. Compiled and linked in two steps, since `clang -O3` in one
# runs whatever wasm-opt it finds. -ffp-contract=off: the same samples on every machine.
cd "$(dirname "$0")" || exit
sdk=${AUDIOCLOUD_SDK:-../../../dsp}/c
object=$(mktemp) && trap 'rm -f "$object"' EXIT
"${CLANG:-clang}" --target=wasm32 -c -O3 -ffp-contract=off -ffreestanding -fno-math-errno -Wall -Wextra \
  -msimd128 -mbulk-memory -msign-ext -mnontrapping-fptoint -mmutable-globals -nostdlibinc -I "$sdk" -o "$object" sine-keys.c &&
  "${WASM_LD:-wasm-ld}" --no-entry --export=__stack_pointer --stack-first -z stack-size=16384 \
    --initial-memory=65536 --max-memory=67108864 --strip-all -o "${1:-sine-keys.wasm}" "$object"
