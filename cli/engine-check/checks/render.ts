import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

import { check, type EngineCommand, type EngineEvent, RenderedFile } from '@audiocloud/api';
import { type CheckContext, inFolder, need } from '../check-context.ts';
import type { EngineLine } from '../engine-line.ts';
import { Fault, want } from '../outcome.ts';
import { media, trackTask } from '../sounds.ts';
import { readWav, type WavFile } from '../wav-file.ts';

type Render = Extract<EngineCommand, { type: 'render' }>;

export const existsAt = (path: string): boolean => existsSync(path);

export interface Rendered {
  answer: RenderedFile;
  file: WavFile;
  path: string;
  line: EngineLine;
}

/** A render of a graph with the chirp as its media `sound`. */
export function renderCommand(
  context: CheckContext,
  more: Pick<Render, 'graph'> & Partial<Render>,
): Omit<Render, 'id'> {
  return {
    type: 'render',
    job: context.newId(),
    media: {},
    path: inFolder(context, 'out.wav'),
    format: 'wav-f32',
    ...more,
  };
}

/** Renders, and holds the file against the answer. */
export async function rendered(
  context: CheckContext,
  more: Pick<Render, 'graph'> & Partial<Render>,
): Promise<Rendered> {
  need(context, 'offline');
  const line = await context.greeted();
  const command = renderCommand(context, more);
  const answer = check(RenderedFile, await line.result(command), 'the answer to render', 'MESSAGE_INVALID');
  const file = readWav(command.path);
  want(answer.failed.length === 0, `failed: ${answer.failed.map(({ message }) => message).join('; ')}`);
  want(file.frames === answer.frames, `${file.frames} frames in the file, ${answer.frames} in the answer`);
  want(file.channels.length === answer.channels, `${file.channels.length} channels, ${answer.channels} in the answer`);
  want(file.sampleRate === answer.sampleRate, `${file.sampleRate} Hz, ${answer.sampleRate} in the answer`);
  return { answer, file, path: command.path, line };
}

export async function renderFile(context: CheckContext): Promise<string> {
  const { path } = media(context);
  const { answer } = await rendered(context, { graph: trackTask([{}]), media: { sound: path } });
  want(answer.sampleRate === 48000 && answer.channels === 2, `${answer.sampleRate} Hz, ${answer.channels} channels`);
  return `${answer.frames} frames`;
}

export async function renderTwice(context: CheckContext): Promise<string> {
  const { path } = media(context);
  const bytes = async () => {
    const one = await rendered(context, { graph: trackTask([{}]), media: { sound: path } });
    return readFileSync(one.path);
  };
  want((await bytes()).equals(await bytes()), 'two renders of the same task differ');
  return 'the same bytes';
}

export async function renderProgress(context: CheckContext): Promise<string> {
  const { path } = media(context);
  const job = context.newId();
  const { line, answer } = await rendered(context, {
    job,
    graph: trackTask([{}]),
    media: { sound: path },
    toSeconds: 20,
  });
  const isOurs = (event: unknown): event is Extract<EngineEvent, { type: 'progress' }> =>
    (event as EngineEvent).type === 'progress' && (event as { job: string }).job === job;
  await line.event('progress', (event) => event.job === job && event.frames === event.ofFrames);
  const told = line.events.filter(isOurs);
  let before = 0;
  for (const { frames, ofFrames } of told) {
    want(ofFrames === answer.frames, `of ${ofFrames} frames, the file has ${answer.frames}`);
    want(frames >= before && frames <= ofFrames, `${frames} frames after ${before}`);
    before = frames;
  }
  return `told ${told.length} times`;
}

/** Long enough that no engine is through before it is asked to stop. */
const LONG_SECONDS = 200_000;

export async function renderCancel(context: CheckContext): Promise<string> {
  need(context, 'offline');
  const line = await context.greeted();
  const { path } = media(context);
  const command = renderCommand(context, { graph: trackTask([{}]), media: { sound: path }, toSeconds: LONG_SECONDS });
  const answer = line.ask(command);
  await line.event('progress', ({ job }) => job === command.job);
  const other = await context.greeted();
  await other.result({ type: 'cancel', job: command.job });
  const { type, ...rest } = await answer;
  want(type === 'refusal', 'the render was carried out');
  const { code } = (rest as { error: { code: string } }).error;
  want(code === 'RENDER_CANCELLED', code);
  const left = readdirSync(context.folder).filter((name) => name.startsWith('out'));
  want(left.length === 0, `it left ${left.join(', ')}`);
  return 'refused with RENDER_CANCELLED, no file left';
}

export async function renderCancelUnknown(context: CheckContext): Promise<string> {
  need(context, 'offline');
  const line = await context.greeted();
  await line.result({ type: 'cancel', job: context.newId() });
  return 'answered';
}

export async function renderJobTaken(context: CheckContext): Promise<string> {
  need(context, 'offline');
  const line = await context.greeted();
  const { path } = media(context);
  const command = renderCommand(context, { graph: trackTask([{}]), media: { sound: path }, toSeconds: LONG_SECONDS });
  const answer = line.ask(command);
  await line.event('progress', ({ job }) => job === command.job);
  const { message } = await line.refused({ ...command, path: inFolder(context, 'other.wav') }, 'REQUEST_INVALID');
  await line.result({ type: 'cancel', job: command.job });
  await answer;
  return message;
}

export async function renderBesides(context: CheckContext): Promise<string> {
  need(context, 'offline');
  const line = await context.greeted();
  const { path } = media(context);
  const command = renderCommand(context, { graph: trackTask([{}]), media: { sound: path }, toSeconds: LONG_SECONDS });
  const answer = line.ask(command);
  await line.event('progress', ({ job }) => job === command.job);
  const begun = performance.now();
  await line.result({ type: 'lease', seconds: 60 });
  const ms = performance.now() - begun;
  await line.result({ type: 'cancel', job: command.job });
  await answer;
  want(ms < 1000, `a command was answered ${(ms / 1000).toFixed(1)} s later`);
  return `a command was answered after ${ms.toFixed(0)} ms`;
}

export async function renderPaths(context: CheckContext): Promise<string> {
  need(context, 'offline');
  const line = await context.greeted();
  const { path } = media(context);
  const graph = trackTask([{}]);
  const before = readFileSync(path);
  const refused = (more: Partial<Render>, code: string) =>
    line.refused(renderCommand(context, { graph, media: { sound: path }, ...more }), code);
  await refused({ path: 'here.wav' }, 'REQUEST_INVALID');
  await refused({ path }, 'REQUEST_INVALID');
  await refused({ path: inFolder(context, 'no/such/folder/out.wav') }, 'RENDER_FAILED');
  want(readFileSync(path).equals(before), 'it wrote over its own media');
  return 'refused: a path that is not absolute, a file that is read, a folder that there is not';
}

export async function renderReplaces(context: CheckContext): Promise<string> {
  const { path } = media(context);
  const out = inFolder(context, 'out.wav');
  writeFileSync(out, 'what was there before');
  const line = await context.greeted();
  need(context, 'offline');
  const command = renderCommand(context, { graph: trackTask([{}]), media: { sound: inFolder(context, 'gone.wav') } });
  await line.refused(command, 'MEDIA_MISSING');
  want(readFileSync(out, 'utf8') === 'what was there before', 'a refused render changed the file');
  await rendered(context, { graph: trackTask([{}]), media: { sound: path } });
  return 'a file that is there is replaced, and stays as it was when the render is refused';
}

export async function renderRangeRefused(context: CheckContext): Promise<string> {
  need(context, 'offline');
  const line = await context.greeted();
  const { path } = media(context);
  const refused = (more: Partial<Render>, code: string) =>
    line.refused(renderCommand(context, { graph: trackTask([{}]), media: { sound: path }, ...more }), code);
  await refused({ fromSeconds: 2, toSeconds: 1 }, 'REQUEST_INVALID');
  await refused({ fromSeconds: -1 }, 'MESSAGE_INVALID');
  await refused({ sink: 'other' }, 'SINK_UNKNOWN');
  const { message } = await line.refused(
    renderCommand(context, { graph: { sampleRate: 48000, sinks: { main: { kind: 'stream', channels: 2 } } } }),
    'REQUEST_INVALID',
  );

  if (existsAt(inFolder(context, 'out.wav'))) throw new Fault('it left a file');
  return message;
}
