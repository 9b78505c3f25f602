import t from 'tap';
import type { Wake } from '../actors/actor.ts';
import { type Delivery, type DeliveryEvent, deliveryActor, GIVE_UP_MS, newDelivery, takenUp } from './delivery-step.ts';

const HOUR_MS = 60 * 60 * 1000;

/** Mulberry32: small, and good enough to spread times. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface World {
  /** Whether the receiver takes what arrives at that time. */
  isUp(nowMs: number): boolean;
  isWanted?(number: number): boolean;
}

/** One webhook, its receiver and the log, with a clock that jumps from one thing that happens to the next. */
class Simulation {
  nowMs = 0;
  newest = 0;
  state: Delivery = newDelivery(0);
  readonly received: number[] = [];
  readonly tries: number[] = [];
  readonly disabled: string[] = [];
  kept: Delivery = this.state;
  private agenda: { atMs: number; life: number; act: () => void }[] = [];
  private life = 0;
  private readonly random: () => number;
  private readonly world: World;

  constructor(world: World, seed: number) {
    this.world = world;
    this.random = seeded(seed);
  }

  at(atMs: number, act: () => void, life = -1): void {
    this.agenda.push({ atMs, life, act });
  }

  log(): void {
    this.newest++;
    this.take({ type: 'logged', newest: this.newest });
  }

  /** The domain is killed and comes back: what was on its way is forgotten, what was kept is there. */
  crash(): void {
    this.life++;
    this.state = takenUp(this.kept);
    this.take({ type: 'logged', newest: this.newest });
    this.take({ type: 'wake' });
  }

  run(): void {
    while (this.agenda.length > 0) {
      this.agenda.sort((a, b) => a.atMs - b.atMs);
      const next = this.agenda.shift()!;
      this.nowMs = next.atMs;
      if (next.life === -1 || next.life === this.life) next.act();
    }
  }

  private take(event: DeliveryEvent | Wake): void {
    const { state, effects } = deliveryActor.step(this.state, event, this.nowMs);
    this.state = state;
    for (const effect of effects) {
      if (effect.kind === 'keep') this.kept = this.state;
      else if (effect.kind === 'disable') this.disabled.push(effect.why);
      else this.send(effect.after);
    }
    const wakeAtMs = deliveryActor.wakeAtMs(this.state);
    if (wakeAtMs !== undefined) this.at(wakeAtMs, () => this.take({ type: 'wake' }), this.life);
  }

  private send(after: number): void {
    const { isUp, isWanted = () => true } = this.world;
    let number = after + 1;
    while (number <= this.newest && !isWanted(number)) number++;
    if (number > this.newest) {
      this.at(this.nowMs, () => this.take({ type: 'passed', after: this.newest }), this.life);
      return;
    }
    const arrivalMs = this.nowMs + 1 + Math.floor(this.random() * 200);
    this.tries.push(this.nowMs);
    this.at(arrivalMs, () => {
      // It arrives, whether or not the domain lives to hear of it.
      const isTaken = isUp(arrivalMs);
      if (isTaken) this.received.push(number);
      const answer: DeliveryEvent = isTaken ? { type: 'delivered', number } : { type: 'failed', why: 'status 503' };
      this.at(arrivalMs + Math.floor(this.random() * 200), () => this.take(answer), life);
    });
    const { life } = this;
  }
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

t.test('a receiver that is down for an hour gets all, once each, in order', async (t) => {
  const simulation = new Simulation({ isUp: (nowMs) => nowMs < 60_000 || nowMs > 60_000 + HOUR_MS }, 1);
  for (let i = 0; i < 500; i++) simulation.at(i * 10_000, () => simulation.log());
  simulation.run();
  t.same(simulation.received, upTo(500));
  const { after, error, failures } = simulation.state;
  t.same({ after, error, failures }, { after: 500, error: null, failures: 0 });
  t.ok(simulation.tries.length < 500 + 20, `${simulation.tries.length - 500} tries failed in an hour`);
});

t.test('kills of the domain send events again by the same number, and lose none', async (t) => {
  const seed = Number(process.env['AUDIOCLOUD_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.comment(`AUDIOCLOUD_SEED=${seed}`);
  const random = seeded(seed);
  for (let round = 0; round < 20; round++) {
    const downs = Array.from({ length: 5 }, () => random() * 2 * HOUR_MS);
    const isUp = (nowMs: number) => !downs.some((at) => nowMs > at && nowMs < at + HOUR_MS / 10);
    const simulation = new Simulation({ isUp }, Math.floor(random() * 2 ** 31));
    for (let i = 0; i < 300; i++) simulation.at(random() * 2 * HOUR_MS, () => simulation.log());
    for (let i = 0; i < 100; i++) simulation.at(random() * 2 * HOUR_MS, () => simulation.crash());
    simulation.run();
    const firsts = simulation.received.filter((number, i) => simulation.received.indexOf(number) === i);
    t.same(firsts, upTo(300), `round ${round}`);
    // Again only what was told last: never an older one.
    let highest = 0;
    for (const number of simulation.received) {
      t.ok(number >= highest, `${number} after ${highest}`);
      highest = Math.max(highest, number);
    }
  }
});

t.test('what is not wanted is passed over', async (t) => {
  const simulation = new Simulation({ isUp: () => true, isWanted: (number) => number % 10 === 0 }, 1);
  for (let i = 0; i < 95; i++) simulation.at(i * 100, () => simulation.log());
  simulation.run();
  t.same(simulation.received, [10, 20, 30, 40, 50, 60, 70, 80, 90]);
  t.equal(simulation.state.after, 95);
});

t.test('a receiver that fails too long is given up, and told once', async (t) => {
  const simulation = new Simulation({ isUp: () => false }, 1);
  for (let i = 0; i < 100; i++) simulation.at(i * HOUR_MS, () => simulation.log());
  simulation.run();
  t.same(simulation.disabled, ['status 503']);
  t.equal(simulation.state.isDisabled, true);
  const lastMs = simulation.tries.at(-1)!;
  t.ok(lastMs >= GIVE_UP_MS && lastMs < GIVE_UP_MS + HOUR_MS, `${lastMs} ms`);
  const gaps = simulation.tries.slice(1).map((ms, i) => ms - simulation.tries[i]!);
  t.ok(gaps[0]! < 2_000 && Math.max(...gaps) < 11 * 60_000, 'soon at first, never later than ten minutes');
});

t.test('a receiver that is gone for good is given up at once', async (t) => {
  const sending = deliveryActor.step(newDelivery(0), { type: 'logged', newest: 1 }, 0);
  t.same(sending.effects, [{ kind: 'send', after: 0 }]);
  const { state, effects } = deliveryActor.step(sending.state, { type: 'failed', why: 'status 410', isFinal: true }, 5);
  t.same(effects, [{ kind: 'disable', why: 'status 410' }]);
  t.same(deliveryActor.step(state, { type: 'logged', newest: 2 }, 9).effects, []);
});
