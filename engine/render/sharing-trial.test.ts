import t from 'tap';
import { SharingTrial } from './sharing-trial.ts';

/** Blocks of 128 frames that take so long (ms), until `totalMs` are over; returns how many of them were shared. */
function run(
  trial: SharingTrial,
  aloneMs: number,
  sharedMs: number,
  totalMs: number,
): { shared: number; alone: number } {
  const blocks = { shared: 0, alone: 0 };
  for (let ms = 0; ms < totalMs; ) {
    const block = trial.isShared ? sharedMs : aloneMs;
    blocks[trial.isShared ? 'shared' : 'alone'] += 1;
    trial.count(128, block);
    ms += block;
  }
  return blocks;
}

t.test('the faster way is used for all but the looks', async (t) => {
  const good = run(new SharingTrial(), 0.1, 0.06, 10_000);
  t.ok(good.shared / (good.shared + good.alone) > 0.97, JSON.stringify(good));
  const bad = run(new SharingTrial(), 0.1, 0.15, 10_000);
  t.ok(bad.alone / (bad.shared + bad.alone) > 0.97, JSON.stringify(bad));
});

t.test('it changes its mind when the other way becomes faster, and not for a wobble', async (t) => {
  const trial = new SharingTrial();
  run(trial, 0.1, 0.15, 3000);
  const { shared, alone } = run(trial, 0.1, 0.05, 10_000);
  t.ok(shared / (shared + alone) > 0.8, 'after a second');
  const wobbling = run(trial, 0.0495, 0.05, 10_000);
  t.ok(wobbling.shared / (wobbling.shared + wobbling.alone) > 0.95, '1 % is no reason');
});
