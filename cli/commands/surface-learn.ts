import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  AudioCloudError,
  asAudioCloudError,
  type Setting,
  type SurfaceBinding,
  type SurfaceFeedback,
  SURFACE_FEEDBACKS,
  SURFACE_MODES,
  type SurfaceMap,
  type SurfaceMode,
} from '@audiocloud/api';
import { ControlLearner, fitBinding, type LearntControl, type LiveTask, mapMistakes } from '@audiocloud/client';
import { Command, Option } from 'commander';
import { collect, wholeNumber } from '../flags.ts';
import { learntBinding, learntText, parseTarget } from '../surface/binding-target.ts';
import { followTask, type TaskFlags, withTaskOptions } from '../surface/follow-task.ts';
import { readMapFile } from '../surface/map-file.ts';
import { bindingPlace, writeBinding } from '../surface/map-writer.ts';
import { type SurfaceAdapters, surfaceAdapters } from '../surface/surface-adapters.ts';
import { portText, SurfaceLinks } from '../surface/surface-links.ts';

interface LearnFlags extends TaskFlags {
  midi?: string;
  osc?: string;
  listen?: number;
  tcp?: boolean;
  to?: string;
  mode?: SurfaceMode;
  feedback?: SurfaceFeedback;
  plugins: string[];
}

const LOOK_MS = 50;

/** `audiocloud surface learn`: move a control, then name what it is to move. */
export function surfaceLearnCommand(): Command {
  return withTaskOptions(
    new Command('learn')
      .description(
        'Learns controls: move one, then name the parameter that it is to move. The map is written each time.',
      )
      .argument('<map>', 'YAML or JSON file; made when it is not there'),
  )
    .option('--midi <name>', 'a new map: the MIDI port of the surface, * for any letters')
    .option('--osc <host:port>', 'a new map: the address of a surface with OSC')
    .option('--listen <port>', 'with --osc: the UDP port that the surface sends to', wholeNumber(1, 65535))
    .option('--tcp', 'with --osc: over TCP')
    .option('--to <target>', 'the parameter, for one control: INSTANCE.PARAMETER, eq.gain[2], "eq.gain[2] -12 12"')
    .addOption(new Option('--mode <mode>', 'what the control does; default: by its kind').choices([...SURFACE_MODES]))
    .addOption(
      new Option('--feedback <kind>', 'how the control shows the value; default: by its kind').choices([
        ...SURFACE_FEEDBACKS,
      ]),
    )
    .option('--plugins <dir>', 'an adapter package; may be given again', collect, [])
    .addHelpText(
      'after',
      `
A fader: from here to there. A button: press it and let go. An encoder: slowly to and fro.
A control that is in the map already is learnt anew.

Examples:
  audiocloud surface learn desk.yaml --task demo --midi "X-Touch*"
  audiocloud surface learn desk.yaml --task demo --to gain.gain
  audiocloud surface learn pad.yaml --task demo --osc 192.168.1.20:9001 --listen 9000`,
    )
    .action(run);
}

async function run(path: string, flags: LearnFlags): Promise<void> {
  const adapters = surfaceAdapters(flags.plugins);
  let map = existsSync(path) ? mapThere(path, (await readMapFile(path, adapters)).map, flags) : newMap(path, flags);
  const learners = new Map(Object.keys(map.surfaces).map((name) => [name, new ControlLearner()]));
  const lines = flags.to === undefined ? linesOf(process.stdin) : undefined;
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {}); // whoever waits for the task hears of it
  const live = followTask(flags, {
    onChange: () => {},
    onConnection: (connection, why) => {
      if (connection === 'lost') console.log(`domain: ${why?.message ?? 'lost'}`);
      else if (connection === 'closed' && why) ended.reject(why);
    },
  });
  let links: SurfaceLinks | undefined;
  try {
    await Promise.race([live.ready, ended.promise]);
    links = await SurfaceLinks.open(map, adapters, {
      onThere: (name, port) => console.log(`${name}: connected to ${port}; move a control`),
      onGone: (name, why) => console.log(`${name}: ${why}`),
      onMessage: (name, message) => learners.get(name)?.take(message, performance.now()),
    });
    for (;;) {
      const [surface, learnt] = await Promise.race([nextControl(learners), ended.promise]);
      console.log(learntText(learnt));
      for (;;) {
        if (lines)
          console.log('Which parameter? INSTANCE.PARAMETER, and two values for a part of it; nothing to forget it');
        const line = lines ? await lines.next() : { done: false, value: flags.to! };
        if (line.done) return;
        if (line.value.trim() === '') break;
        try {
          map = learn(path, map, surface, learnt, line.value, flags, live, adapters);
          break;
        } catch (error) {
          if (!lines) throw error;
          console.log(asAudioCloudError(error).message);
        }
      }
      if (!lines) return;
      for (const name of learners.keys()) learners.set(name, new ControlLearner());
      console.log('Move the next control, or end with Ctrl-D');
    }
  } finally {
    await links?.close();
    live.close();
    if (lines) process.stdin.destroy();
  }
}

/** A map that is there, if it has the surface that flags name. */
function mapThere(path: string, map: SurfaceMap, flags: LearnFlags): SurfaceMap {
  if (flags.midi === undefined && flags.osc === undefined) return map;
  const wanted = newMap(path, flags).surfaces['surface']!.port;
  if (Object.values(map.surfaces).some(({ port }) => isDeepStrictEqual(port, wanted))) return map;
  const there = Object.entries(map.surfaces).map(([name, { port }]) => `${name} (${portText(port)})`);
  throw new AudioCloudError(
    'REQUEST_INVALID',
    `Cannot learn ${portText(wanted)} into ${path}: it has ${there.join(', ')}; write one more surface into it, or name another file`,
  );
}

function newMap(path: string, { midi, osc, listen, tcp }: LearnFlags): SurfaceMap {
  if ((midi === undefined) === (osc === undefined))
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot make ${path}: say where the surface is, with --midi NAME or --osc HOST:PORT`,
    );
  if (midi !== undefined) return { surfaces: { surface: { adapter: 'midi', port: { name: midi } } }, bindings: [] };
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(osc!) ?? [];
  if (host === undefined || port === undefined)
    throw new AudioCloudError('REQUEST_INVALID', `Cannot read '${osc}' as an address: wanted HOST:PORT`);
  if (tcp && listen !== undefined)
    throw new AudioCloudError('REQUEST_INVALID', 'Cannot listen at a UDP port with --tcp: leave out --listen');
  const settings: Record<string, Setting> = {
    transport: tcp ? 'tcp' : 'udp',
    ...(listen === undefined ? {} : { localPort: listen }),
  };
  return { surfaces: { surface: { adapter: 'osc', port: { host, port }, settings } }, bindings: [] };
}

/** Lines of a stream, none lost between two questions. */
function linesOf(input: NodeJS.ReadableStream): AsyncIterator<string> {
  return createInterface({ input })[Symbol.asyncIterator]();
}

/** The control that is moved next, on whichever surface. */
async function nextControl(learners: ReadonlyMap<string, ControlLearner>): Promise<[string, LearntControl]> {
  for (let isTold = false; ; await sleep(LOOK_MS))
    for (const [surface, learner] of learners) {
      const learnt = learner.learnt(performance.now());
      if (learnt === 'turn-back') {
        if (!isTold) console.log('It looks like an encoder: turn it the other way, too');
        isTold = true;
      } else if (learnt) return [surface, learnt];
    }
}

/** Writes the binding; returns the map with it. Throws SURFACE_INVALID when it does not fit the task, or the other bindings. */
function learn(
  path: string,
  map: SurfaceMap,
  surface: string,
  learnt: LearntControl,
  target: string,
  { mode, feedback }: LearnFlags,
  live: LiveTask,
  adapters: SurfaceAdapters,
): SurfaceMap {
  const wishes = { ...(mode ? { mode } : {}), ...(feedback ? { feedback } : {}) };
  const binding: SurfaceBinding = learntBinding(map, surface, learnt, parseTarget(target), wishes);
  const place = bindingPlace(map, binding);
  const fitted = fitBinding(binding, `/bindings/${place}`, live.task, live.models);
  const changed: SurfaceMap = { ...map, bindings: map.bindings.toSpliced(place, 1, binding) };
  const [mistake] = 'check' in fitted ? [fitted] : mapMistakes(changed, (name) => adapters.get(name)?.carries);
  if (mistake)
    throw new AudioCloudError(
      'SURFACE_INVALID',
      `Cannot bind this control to ${target}: ${mistake.message}; ${mistake.mend}`,
      { mistake },
    );
  writeBinding(path, map, binding, place);
  console.log(`${path}: ${'name' in fitted ? fitted.name : target}`);
  return changed;
}
