#!/bin/bash
# Runs a JACK server without hardware until its standard input ends: it ends with whoever started it, also with one that was killed.
# Says "up" when the server takes clients. Waits for another run of the same name; takes away what a killed one left.
# usage: test/jack-server.sh NAME ARGUMENTS-OF-THE-DUMMY-DRIVER...        needs jackd2, Linux
set -u
name=$1
shift
lock=${TMPDIR:-/tmp}/$name.lock
trap : INT TERM # it ends with its input, in no other way: that would leave files
exec 9<>"$lock"
flock 9

# Ends the server PID and takes away what it left: the semaphores of clients that were killed.
end() {
  kill -TERM "$1" 2>/dev/null
  for _ in {1..300}; do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$1" 2>/dev/null
  rm -f /dev/shm/jack_sem.*_"$name"_* /dev/shm/jack_"$name"_*
}

# Whoever has the lock has the name: a server that still runs has lost the script that started it.
read -r before <&9
if grep -qzx -- "$name" "/proc/${before:-none}/cmdline" 2>/dev/null; then end "$before"; fi

export JACK_NO_AUDIO_RESERVATION=1 JACK_NO_START_SERVER=1
jackd --no-realtime -n "$name" -d dummy "$@" </dev/null >/dev/null 2>&1 9>&- &
server=$!
echo $server >"$lock"
if jack_wait -s "$name" -w -t 20 >/dev/null 2>&1 && kill -0 $server 2>/dev/null; then
  echo up
  cat >/dev/null
  # told to end while it still has clients that died, it dies of SIGPIPE and leaves its files: it takes 6 s to miss one
  for _ in {1..100}; do
    timeout 5 jack_lsp -s "$name" 2>/dev/null | grep -qv ^system: || break
    sleep 0.2
  done
fi
end $server
rm -f "$lock"
