import { setTimeout as sleep } from 'node:timers/promises';
import { check, type TransportChange, TransportState } from '@audiocloud/api';
import type { CheckContext } from '../check-context.ts';
import { want } from '../outcome.ts';
import { type Loaded, loaded, taskState } from './loading.ts';

export async function change({ line, task }: Loaded, wanted: TransportChange): Promise<TransportState> {
  const state = await line.result({ type: 'transport', task, change: wanted });
  return check(TransportState, state, 'the answer to transport', 'MESSAGE_INVALID');
}

/** The transport as the state of the task has it. */
async function now(one: Loaded): Promise<TransportState> {
  const { transport } = await taskState(one);
  want(transport !== null, 'a loaded task without a transport');
  return transport!;
}

const HALF_SECOND = 0.5;

export async function transportPlay(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const before = await now(one);
  const played = await change(one, { play: true });
  want(played.playing, 'the answer says that it does not play');
  want(played.playId === before.playId + 1, `play id ${played.playId}, before it was ${before.playId}`);
  const { state } = await taskState(one);
  want(state === 'playing', `state '${state}'`);
  return `play ${played.playId}`;
}

export async function transportMoves(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const { sampleRate } = await change(one, { play: true });
  const begun = performance.now();
  await sleep(HALF_SECOND * 1000);
  const { positionFrames, streamFrame } = await now(one);
  const passed = (performance.now() - begun) / 1000;
  const seconds = streamFrame / sampleRate;
  want(positionFrames === streamFrame, `playhead ${positionFrames}, stream ${streamFrame}, both began at 0`);
  // a machine that is busy may leave blocks out; none may be too many, but for what a device has in store
  want(seconds > 0.2 && seconds < passed + 0.5, `${seconds.toFixed(2)} s played in ${passed.toFixed(2)} s`);
  return `${seconds.toFixed(2)} s in ${passed.toFixed(2)} s`;
}

export async function transportStop(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  await change(one, { play: true });
  await sleep(100);
  const stopped = await change(one, { play: false });
  want(!stopped.playing, 'the answer says that it plays');
  await sleep(50); // what was under way
  const { streamFrame } = await now(one);
  await sleep(200);
  want((await now(one)).streamFrame === streamFrame, 'it goes on after a stop');
  const { state } = await taskState(one);
  want(state === 'ready', `state '${state}'`);
  return `stopped at frame ${streamFrame}`;
}

export async function transportSeek(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const { positionFrames, sampleRate } = await change(one, { positionSeconds: 0.1234567 });
  const wanted = Math.round(0.1234567 * sampleRate);
  want(positionFrames === wanted, `frame ${positionFrames}, wanted ${wanted}`);
  want((await now(one)).positionFrames === wanted, 'the state has another place than the answer');
  return `frame ${positionFrames}`;
}

export async function transportLoop(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const loop = { startSeconds: 0.1, endSeconds: 0.2 };
  const answered = await change(one, { loop, positionSeconds: 0.1, play: true });
  want(answered.loop?.startSeconds === 0.1 && answered.loop.endSeconds === 0.2, 'the answer does not have the loop');
  for (let i = 0; i < 10; i++) {
    await sleep(40);
    const { positionFrames, sampleRate } = await now(one);
    const at = positionFrames / sampleRate;
    want(at >= 0.1 && at < 0.2, `the playhead is at ${at.toFixed(3)} s, the loop goes from 0.1 to 0.2 s`);
  }
  want((await change(one, { loop: null })).loop === null, 'a loop that was taken away is there');
  return 'the playhead stays inside';
}

export async function transportRefused(context: CheckContext): Promise<string> {
  const { line, task } = await loaded(context);
  const refused = (change: object, code: string) => line.refused({ type: 'transport', task, change }, code);
  await refused({ loop: { startSeconds: 2, endSeconds: 1 } }, 'REQUEST_INVALID');
  await refused({ positionSeconds: -1 }, 'MESSAGE_INVALID');
  await refused({ play: 'yes' }, 'MESSAGE_INVALID');
  return 'refused: a loop that ends before it begins, a place below 0, a word';
}
