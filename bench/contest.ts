import type { Task } from '@audiocloud/api';
import type { AudioData } from '@audiocloud/engine';
import { OwnEngine } from './peers/ours.ts';
import type { Peer, Rendered } from './peers/peer.ts';
import { type Bench, median, type Row, row } from './row.ts';
import { LEVEL_DB, levelDifferenceDb, NULL_DB, nullDb } from './same-work.ts';

const BLOCK = 128;
const RATE = 48000;
const ROUNDS = 7;

/** A peer that does one workload. */
export interface Contestant<V> {
  peer: Peer;
  /** `null` where the algorithms are the same, `level` where they are not. */
  proof: 'null' | 'level';
  render(variant: V, lengthSeconds: number): Promise<Rendered>;
  /** What it does otherwise, for the report. */
  note?: string;
}

/** One variant by which it is proven that all do the same work. */
export interface Proof<V> {
  variant: V;
  what: string;
  /** Seconds after which the output is looked at, and to which. */
  fromSeconds: number;
  toSeconds: number;
  /** Default: 0.1 dB. Applies to `level` alone. */
  toleranceDb?: number;
  /** Where the phases of the engines' sources differ, what is mixed cannot be nulled. */
  isLevelOnly?: boolean;
}

export interface Contest<V> {
  id: string;
  name: string;
  ours(variant: V): Task;
  media?: Record<string, AudioData>;
  contestants: Contestant<V>[];
  proofs: Proof<V>[];
  timed: V;
  /** Seconds of sound of one timed run; shorter in a quick run. */
  lengthSeconds: number;
  /** Our time by that of a peer, at most. */
  goals?: Record<string, number>;
  /** By the faster of some peers, at most. */
  goalOfFaster?: { peers: string[]; ratio: number };
}

/** Proves that a peer does the same work. Throws, naming the difference; returns the worst that it found, in words. */
async function prove<V>(contest: Contest<V>, contestant: Contestant<V>): Promise<string> {
  const found: { level: number; left: number | null }[] = [];
  for (const proof of contest.proofs) {
    const [from, to] = [Math.round(proof.fromSeconds * RATE), Math.round(proof.toSeconds * RATE)];
    const own = new OwnEngine(contest.ours(proof.variant), BLOCK, contest.media);
    const ours = own.channels(to);
    own.dispose();
    const { channels } = await contestant.render(proof.variant, proof.toSeconds + 0.1);
    const level = levelDifferenceDb(ours, channels, from, to);
    const isNull = contestant.proof === 'null' && !proof.isLevelOnly;
    const left = isNull ? nullDb(ours, channels, from, Math.min(to, from + 8192)).dB : null;
    const tolerance = proof.toleranceDb ?? LEVEL_DB;
    const fault =
      left !== null && !(left <= NULL_DB)
        ? `a null of ${left.toFixed(1)} dB, wanted ${NULL_DB}`
        : !(Math.abs(level) <= tolerance)
          ? `${level.toFixed(2)} dB more than ours, wanted ${tolerance}`
          : undefined;
    if (fault)
      throw new Error(
        `${contest.id}: ${contestant.peer.name} gives, for ${proof.what}, ${fault}: it does not do the same work`,
      );
    found.push({ level, left });
  }
  const level = Math.max(...found.map((one) => Math.abs(one.level)));
  const nulls = found.flatMap(({ left }) => (left === null ? [] : [left]));
  return nulls.length
    ? `null ${Math.max(...nulls).toFixed(0)} dB, level within ${level.toFixed(2)} dB`
    : `level within ${level.toFixed(2)} dB`;
}

/** Seconds of sound so that a process renders for about a second: against its start, that must not drown. */
async function processLength<V>({ render }: Contestant<V>, variant: V, lengthSeconds: number): Promise<number> {
  const { seconds } = await render(variant, lengthSeconds);
  return Math.min(8 * lengthSeconds, Math.max(lengthSeconds, Math.round(lengthSeconds / seconds)));
}

/** Seconds that a peer needs for one second of sound, its start-up taken off: where that hides the rest, over a longer sound. */
async function cost<V>({ peer, render }: Contestant<V>, variant: V, lengthSeconds: number): Promise<number> {
  if (!peer.isProcess) return (await render(variant, lengthSeconds)).seconds / lengthSeconds;
  let length = lengthSeconds;
  for (let attempt = 0; attempt < 6; attempt++, length *= 2) {
    const short = await render(variant, 1);
    const long = await render(variant, 1 + length);
    if (long.seconds > short.seconds) return (long.seconds - short.seconds) / length;
  }
  throw new Error(
    `${peer.name} takes no longer for ${1 + length / 2} s than for 1 s: the machine is too busy to measure`,
  );
}

/** Measures ours in turn with every peer that is installed: one row for ours, one for each peer, one for a goal by the faster. */
export async function hold<V>(contest: Contest<V>, bench: Bench): Promise<Row[]> {
  const { id, name, goals = {}, goalOfFaster } = contest;
  const lengthSeconds = bench.quick ? 1 : contest.lengthSeconds;
  const rounds = bench.quick ? 1 : ROUNDS;
  const blocks = Math.round((lengthSeconds * RATE) / BLOCK);
  const own = new OwnEngine(contest.ours(contest.timed), BLOCK, contest.media);
  const all = [own.time(blocks) / lengthSeconds];
  const pairs: Record<string, number[]> = {};
  const peers: Record<string, number> = {};
  const rows: Row[] = [];
  try {
    for (const contestant of contest.contestants) {
      const { peer } = contestant;
      if (bench.versions[peer.name] === null) continue;
      bench.say(`${id}: does ${peer.name} do the same work?`);
      let check: string;
      try {
        check = await prove(contest, contestant);
      } catch (error) {
        bench.fail((error as Error).message); // no row without the proof
        continue;
      }
      const ours: number[] = [];
      const theirs: number[] = [];
      const isLong = peer.isProcess && !bench.quick;
      const theirLength = isLong ? await processLength(contestant, contest.timed, lengthSeconds) : lengthSeconds;
      for (let round = 0; round < rounds; round++) {
        bench.say(`${id}: ${peer.name}, round ${round + 1} of ${rounds}`);
        ours.push(own.time(blocks) / lengthSeconds);
        theirs.push(await cost(contestant, contest.timed, theirLength));
      }
      all.push(...ours);
      const ratios = ours.map((value, i) => value / theirs[i]!);
      pairs[peer.name] = ratios;
      peers[peer.name] = 1 / median(theirs);
      const ratio = median(ratios);
      const part = { id: `${id}/${peer.name}`, name: `${name}: our time by that of ${peer.name}`, unit: 'ratio' };
      const goal = goals[peer.name] ?? null;
      const said = { check, ...(contestant.note ? { note: contestant.note } : {}) };
      rows.push(row({ ...part, value: ratio, goal, ratio, pairs: { [peer.name]: ratios }, ...said }));
    }
  } finally {
    own.dispose();
  }
  const fastest = (goalOfFaster?.peers ?? [])
    .filter((peer) => pairs[peer])
    .map((peer) => ({ peer, ratio: median(pairs[peer]!) }))
    .sort((a, b) => b.ratio - a.ratio)[0];
  if (goalOfFaster && fastest)
    rows.push(
      row({
        id: `${id}/faster`,
        name: `${name}: our time by the faster of ${goalOfFaster.peers.join(' and ')}`,
        unit: 'ratio',
        value: fastest.ratio,
        goal: goalOfFaster.ratio,
        ratio: fastest.ratio,
        pairs: { [fastest.peer]: pairs[fastest.peer]! },
        note: `the faster is ${fastest.peer}`,
      }),
    );
  const toGoal = Object.keys(goals).find((peer) => pairs[peer]) ?? fastest?.peer;
  return [
    row({
      id,
      name,
      unit: 'x real time',
      value: 1 / median(all),
      goal: null,
      higherIsBetter: true,
      peers,
      ratio: toGoal ? median(pairs[toGoal]!) : null,
      pairs,
    }),
    ...rows,
  ];
}
