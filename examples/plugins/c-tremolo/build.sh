#!/bin/sh
# Builds tremolo.wasm (or the file given). Compiled and linked in two steps, since `clang -O3` in one runs whatever
# wasm-opt it finds, and the result would depend on it. -ffp-contract=off: the same samples on every machine.
cd "$(dirname "$0")" || exit
object=$(mktemp) && trap 'rm -f "$object"' EXIT
"${CLANG:-clang}" --target=wasm32 -c -O3 -ffp-contract=off -ffreestanding -Wall -Wextra -Wno-pointer-to-int-cast \
  -msimd128 -mbulk-memory -msign-ext -mnontrapping-fptoint -mmutable-globals -o "$object" tremolo.c &&
  "${WASM_LD:-wasm-ld}" --no-entry --export=__stack_pointer --stack-first -z stack-size=16384 \
    --initial-memory=65536 --max-memory=67108864 --strip-all -o "${1:-tremolo.wasm}" "$object"
