import type { AudioCloudError } from '@audiocloud/api';
import { ControlSurface } from '@audiocloud/client';
import { Command } from 'commander';
import { collect } from '../flags.ts';
import { followTask, modelsKnown, type TaskFlags, withTaskOptions } from '../surface/follow-task.ts';
import { mapRefusal, readMapFile, taskMistakes } from '../surface/map-file.ts';
import { surfaceAdapters } from '../surface/surface-adapters.ts';
import { SurfaceLinks } from '../surface/surface-links.ts';

interface RunFlags extends TaskFlags {
  plugins: string[];
}

/** `audiocloud surface run`: moves a task until it is ended. */
export function surfaceRunCommand(): Command {
  return withTaskOptions(
    new Command('run')
      .description('Moves a task with the controls of a map, and shows its values there, until it is ended.')
      .argument('<map>', 'YAML or JSON file'),
  )
    .option('--plugins <dir>', 'an adapter package; may be given again', collect, [])
    .addHelpText(
      'after',
      `
Surfaces may come later, be unplugged and come back, and so may the domain: all values are shown again then.

Example:
  audiocloud surface run desk.yaml --task demo`,
    )
    .action(run);
}

async function run(path: string, flags: RunFlags): Promise<void> {
  const adapters = surfaceAdapters(flags.plugins);
  const file = await readMapFile(path, adapters);
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => {}); // it is awaited further down
  let surface: ControlSurface | undefined;
  let told = '';
  const tell = (line: string) => {
    if (line !== told) console.log(line);
    told = line;
  };
  const live = followTask(flags, {
    onChange: () => surface?.refresh(),
    onConnection(connection, why) {
      if (connection === 'open') {
        tell(`domain: connected to ${flags.url}`);
        surface?.resend();
      } else if (connection === 'lost') tell(`domain: ${why?.message ?? 'lost'}`);
      else if (why) ended.reject(why);
    },
  });
  let isEnded = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      isEnded = true;
      ended.resolve();
    });
  let links: SurfaceLinks | undefined;
  try {
    await Promise.race([live.ready, ended.promise]);
    if (isEnded) return;
    await modelsKnown(file.map, live);
    const mistakes = taskMistakes(file.map, live.task, live.models);
    if (mistakes.length) throw mapRefusal(path, mistakes.map(file.located));
    const { refusedText, isNew } = refusals();
    const running = new ControlSurface({
      map: file.map,
      task: live,
      onRest: (mistake) => {
        const { line, place, message, mend } = file.located(mistake);
        console.error(`${path}:${line}: ${place} rests: ${message}; ${mend}`);
      },
      onRefused: (name, error) => isNew(name, error) && console.error(refusedText(name, error)),
    });
    surface = running;
    links = await SurfaceLinks.open(file.map, adapters, {
      onThere(name, port, send) {
        console.log(`${name}: connected to ${port}`);
        running.attach(name, send);
      },
      onGone(name, why) {
        console.log(`${name}: ${why}`);
        running.detach(name);
      },
      onMessage: (name, message) => running.take(name, message),
    });
    await ended.promise;
  } finally {
    surface?.close();
    await links?.close();
    live.close();
  }
}

/** A knob that is refused is refused at each of its steps: the same is told once. */
function refusals() {
  const told = new Map<string, string>();
  return {
    refusedText: (name: string, { code, message }: AudioCloudError) => `${name}: ${code}: ${message}`,
    isNew(name: string, { code }: AudioCloudError) {
      const isNew = told.get(name) !== code;
      told.set(name, code);
      return isNew;
    },
  };
}
