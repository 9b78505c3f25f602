#!/bin/sh
# Builds build/plugin.wasm with clang and lld (Debian: apt install clang lld). Compiled and linked in two steps, since
# `clang -O3` in one runs whatever wasm-opt it finds. -ffp-contract=off: the same samples on every machine.
cd "$(dirname "$0")" || exit
sdk=${AUDIOCLOUD_SDK:-node_modules/@audiocloud/dsp}/c
mkdir -p build
"${CLANG:-clang}" --target=wasm32 -c -O3 -ffp-contract=off -ffreestanding -fno-math-errno -Wall -Wextra \
  -msimd128 -mbulk-memory -msign-ext -mnontrapping-fptoint -mmutable-globals -nostdlibinc -I "$sdk" -o build/plugin.o src/plugin.c &&
  "${WASM_LD:-wasm-ld}" --no-entry --export=__stack_pointer --stack-first -z stack-size=16384 \
    --initial-memory=65536 --max-memory=67108864 --strip-all -o build/plugin.wasm build/plugin.o
