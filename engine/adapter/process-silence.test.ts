import t from 'tap';
import { ProcessSilence, SILENCE_TICK_MS, starvedMs } from './process-silence.ts';

/** Ticks until it is too long; at most so many. */
function ticksOf(silence: ProcessSilence, most = 100): number | undefined {
  for (let ticks = 1; ticks <= most; ticks++) if (silence.tick() !== undefined) return ticks;
  return undefined;
}

t.test('a process that is up and says nothing hangs, with time left for a new one within 5 s', async (t) => {
  const silence = new ProcessSilence(() => 0);
  silence.up();
  const ticks = ticksOf(silence)!;
  t.ok(ticks * SILENCE_TICK_MS <= 3000, `${ticks} ticks`);
  silence.heard();
  t.equal(ticksOf(silence), ticks, 'counted from what was heard last');
});

t.test(
  'one that is kept waiting for a processor does not hang, however long; one that waits for something else does',
  async (t) => {
    let starved = 70;
    const silence = new ProcessSilence(() => {
      starved += SILENCE_TICK_MS;
      return starved;
    });
    silence.up();
    t.equal(ticksOf(silence, 9), undefined);
    t.equal(ticksOf(silence), undefined, 'it never had a turn');
    const half = new ProcessSilence(() => 70);
    half.up();
    t.ok(ticksOf(half), 'what it waited before does not count');
  },
);

t.test('a start may take longer', async (t) => {
  const up = new ProcessSilence(() => 0);
  up.up();
  t.ok(ticksOf(new ProcessSilence(() => 0))! > 3 * ticksOf(up)!);
});

t.test('a process that is not there waits for nothing', async (t) => {
  t.equal(starvedMs(2 ** 30), 0);
  t.ok(starvedMs(process.pid) >= 0);
});
