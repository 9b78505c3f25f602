import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudClient, type LiveTask } from '@audiocloud/client';
import { type Bench, type Row, row, type Workload } from '../row.ts';
import { ServedDomain } from '../served-domain.ts';
import { stripTask } from '../strip-task.ts';

/*
 * A task on the paced clock in an engine of its own, while its domain is kept busy on the same machine: clients that turn
 * knobs over live sockets, one that listens, and calls over HTTP. Counted are the blocks that the task missed.
 */
const FRAMES = [128, 64];
const STRIPS = 16;
const CLIENTS = 4;

/** The environment that gives an engine so many blocks of device buffer; undefined: as it is set when nobody says anything. */
function deviceBuffer(blocks: number | undefined): NodeJS.ProcessEnv {
  return blocks === undefined ? {} : { AUDIOCLOUD_BUFFER_BLOCKS: String(blocks) };
}

const TASK = stripTask(STRIPS, { model: 'audiocloud:tone' }, { type: ['low-cut', 'bell', 'bell', 'high-shelf'] });

/** Keeps a domain busy until `isOver`; returns how many calls it answered. */
async function pester(client: AudioCloudClient, lives: LiveTask[], isOver: () => boolean): Promise<number> {
  let answered = 0;
  const turn = async (live: LiveTask, knob: number) => {
    for (let i = 0; !isOver(); i++) {
      await live.set({ instance: `gain${knob}`, parameter: 'gain', value: -24 - (i % 6) });
      answered++;
      await sleep(5);
    }
  };
  const browse = async () => {
    while (!isOver()) {
      await Promise.all([client.tasks.get('paced'), client.tasks.list(), client.models()]);
      answered += 3;
      await sleep(40); // the domain takes 6,000 calls a minute from one client
    }
  };
  await Promise.all([...lives.map(turn), browse()]);
  return answered;
}

interface Found {
  missed: number;
  blocks: number;
  note: string;
}

async function measure(frames: number, buffer: NodeJS.ProcessEnv, seconds: number, bench: Bench): Promise<Found> {
  const domain = await ServedDomain.start({ AUDIOCLOUD_BLOCK_FRAMES: String(frames), ...buffer });
  const lives: LiveTask[] = [];
  try {
    const client = new AudioCloudClient(domain.url);
    await client.tasks.create(TASK, 'paced');
    for (let i = 0; i < CLIENTS; i++) lives.push(client.live('paced'));
    await Promise.all(lives.map(({ ready }) => ready));
    await lives[0]!.listen({ format: 'f32' });
    await lives[0]!.transport({ play: true });
    await sleep(1000); // not its start
    const before = (await client.tasks.get('paced')).state;
    const until = performance.now() + seconds * 1000;
    const timer = setInterval(
      () => bench.say(`paced: ${frames} frames, ${Math.round((until - performance.now()) / 1000)} s`),
      1000,
    );
    const answered = await pester(client, lives, () => performance.now() > until);
    clearInterval(timer);
    const after = (await client.tasks.get('paced')).state;
    const [engine] = (await client.engines()) as { scheduling?: string }[];
    return {
      missed: after.missedBlocks - before.missedBlocks,
      blocks: after.blocks - before.blocks,
      note: `${seconds} s, scheduling ${engine?.scheduling ?? 'unknown'}, ${answered} calls answered meanwhile`,
    };
  } finally {
    for (const live of lives) live.close();
    await domain.stop();
  }
}

async function run(bench: Bench): Promise<Row[]> {
  const seconds = bench.quick ? 1 : 60;
  const rows: Row[] = [];
  for (const frames of FRAMES)
    for (const blocks of [undefined, 0, 2]) {
      const how = blocks === undefined ? 'buffer as it comes' : `${blocks} blocks of buffer`;
      const part = {
        id: `paced/${frames}/${blocks ?? 'default'}`,
        name: `missed blocks of ${frames} frames, ${how}`,
        unit: 'blocks',
        goal: frames === 128 && blocks === 2 ? 0 : null,
      };
      if (bench.quick && frames !== 128) continue;
      bench.say(`paced: ${frames} frames, ${how}`);
      const { missed, blocks: rendered, note } = await measure(frames, deviceBuffer(blocks), seconds, bench);
      if (rendered < (seconds * 48000) / frames / 2)
        bench.fail(`paced: ${rendered} blocks of ${frames} frames in ${seconds} s: the task did not play`);
      else rows.push(row({ ...part, value: missed, note: `of ${rendered + missed}, ${note}` }));
    }
  return rows;
}

export const paced: Workload = {
  id: 'paced',
  name: 'missed blocks while the domain is busy',
  about: `A console of ${STRIPS} stereo strips on the paced clock, while ${CLIENTS} clients turn knobs over live sockets, one listens, and others call over HTTP. The clock plays what it can still catch up on; with a buffer given, what is later than the buffer counts as missed.`,
  run,
};
