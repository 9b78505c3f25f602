import { check, RenderedFile, type Task } from '@audiocloud/api';
import { type CheckContext, inFolder, need } from '../check-context.ts';
import { Skip, want } from '../outcome.ts';
import { media, trackTask } from '../sounds.ts';
import { readWav } from '../wav-file.ts';
import { renderCommand } from './render.ts';

/*
 * Parts of a task that an engine need not have. It renders them, or refuses with ENGINE_UNABLE, naming what it cannot: a file in
 * which they were passed over is wrong.
 */

const wire = (from: string, to: string) => ({ from: { node: from }, to: { node: to } });

/** What of a task is looked at: with it, and without. The sound must not be the same. */
interface Part {
  with: Task;
  without: Task;
  names: string;
}

const orUnable =
  (partOf: (context: CheckContext) => Part) =>
  async (context: CheckContext): Promise<string> => {
    need(context, 'offline');
    const { path } = media(context);
    const part = partOf(context);
    const line = await context.greeted();
    const rendering = async (graph: Task) => {
      const command = renderCommand(context, { graph, media: { sound: path }, toSeconds: 0.15 });
      const answer = await line.ask(command);
      if (answer.type === 'refusal') return answer.error;
      check(RenderedFile, answer.result, 'the answer to render', 'MESSAGE_INVALID');
      return readWav(inFolder(context, 'out.wav')).channels;
    };
    const found = await rendering(part.with);
    if (!Array.isArray(found)) {
      want(found.code === 'ENGINE_UNABLE', `${found.code}: ${found.message}`);
      want(found.message.includes(part.names), `the message does not name '${part.names}': ${found.message}`);
      throw new Skip(found.message);
    }
    const without = await rendering(part.without);
    want(Array.isArray(without), `without it the task is refused: ${JSON.stringify(without)}`);
    const isSame = found.every((plane, c) => plane.every((x, i) => x === (without as Float64Array[])[c]![i]));
    want(!isSame, 'it sounds as if it were not there');
    return 'rendered';
  };

export const renderFeedback = orUnable(() => {
  const task = (gainDb: number) =>
    trackTask([{}], {
      buses: { loop: { inputChannels: 2 } },
      connections: {
        in: wire('track', 'loop'),
        again: { ...wire('loop', 'loop'), gainDb, feedback: true },
        out: wire('loop', 'main'),
      },
    });
  return { with: task(-6), without: task(-120), names: 'again' };
});

/** The first model with a first input and a first output of two channels. */
function effectOf({ facts: { models } }: CheckContext): string {
  const isStereo = (port: { channels?: { min: number; max: number } } | undefined) =>
    port?.channels !== undefined && port.channels.min <= 2 && port.channels.max >= 2;
  const found = models.find(({ inputs, outputs }) => isStereo(inputs[0]) && isStereo(outputs[0]));
  if (!found) throw new Skip('no model has an input and an output of two channels');
  return found.id;
}

function throughEffect(context: CheckContext, more: object, connections: Task['connections'] = {}): Task {
  return trackTask([{}], {
    instances: { effect: { model: effectOf(context), ...more } },
    connections: { in: wire('track', 'effect'), out: wire('effect', 'main'), ...connections },
  });
}

/** Beside the track itself, which shows where it is. */
export const renderInstanceOffset = orUnable((context) => {
  const beside = (more: object) => throughEffect(context, more, { beside: wire('track', 'main') });
  return { with: beside({ offsetFrames: 50 }), without: beside({}), names: 'effect' };
});

export const renderLane = orUnable((context) => {
  const { facts } = context;
  const id = effectOf(context);
  const model = facts.models.find((one) => one.id === id)!;
  const parameter = model.parameters.find(({ range, unit }) => range.kind === 'continuous' && unit === 'dB');
  if (!parameter || parameter.range.kind !== 'continuous') throw new Skip(`${id} has no parameter in dB`);
  const { min } = parameter.range;
  const through = (more: Partial<Task>) =>
    trackTask([{}], {
      instances: { effect: { model: id } },
      connections: { in: wire('track', 'effect'), out: wire('effect', 'main') },
      ...more,
    });
  const lane = { instance: 'effect', parameter: parameter.id, points: [{ seconds: 0.02, value: min }] };
  return { with: through({ lanes: { lane } }), without: through({}), names: 'lane' };
});

export async function renderBypass(context: CheckContext): Promise<string> {
  need(context, 'offline');
  const { path, samples } = media(context);
  const graph = throughEffect(context, { bypass: true });
  const line = await context.greeted();
  const command = renderCommand(context, { graph, media: { sound: path }, toSeconds: 0.1 });
  const answer = await line.ask(command);
  if (answer.type === 'refusal' && answer.error.code === 'ENGINE_UNABLE') throw new Skip(answer.error.message);
  want(answer.type === 'answer', `refused: ${JSON.stringify(answer)}`);
  const { channels } = readWav(command.path);
  // the latency of the instance is cut off the start, so the sound is that of the track
  const isSame = channels.every((plane, c) => plane.every((x, i) => Math.abs(x - samples[c]![i]!) < 2e-6));
  want(isSame, 'what is bypassed changes the sound');
  return 'the sound goes by';
}
