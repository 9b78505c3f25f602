import { check, type Model, type Packet, type Parameter, samplesOf, type Task } from '@audiocloud/api';
import { Type } from 'typebox';
import { type CheckContext, need } from '../check-context.ts';
import { Fault, Skip, want } from '../outcome.ts';
import { trackTask } from '../sounds.ts';
import { type Loaded, loaded, taskState } from './loading.ts';
import { change } from './transport.ts';

const Applied = Type.Object(
  {
    frame: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    positionFrame: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
  },
  { additionalProperties: false },
);

interface GainModel {
  model: Model;
  parameter: Parameter & { range: { kind: 'continuous'; min: number; max: number } };
}

/** The simplest model of the engine with a gain in dB between a first input and a first output of two channels. */
function gainModel({ facts: { models } }: CheckContext): GainModel {
  const isStereo = ({ channels }: Model['inputs'][number]) => channels && channels.min <= 2 && channels.max >= 2;
  const found = models
    .filter(({ inputs, outputs }) => inputs[0] && isStereo(inputs[0]) && outputs[0] && isStereo(outputs[0]))
    .sort((a, b) => a.parameters.length - b.parameters.length)
    .flatMap((model) => {
      const parameter = model.parameters.find(
        ({ role, range, unit, latched }) =>
          unit === 'dB' &&
          range.kind === 'continuous' &&
          !latched &&
          (role === 'gain' || role === 'level' || role === 'output-level'),
      );
      return parameter ? [{ model, parameter: parameter as GainModel['parameter'] }] : [];
    });
  if (!found[0]) throw new Skip('no model has a gain in dB');
  return found[0];
}

/** Two instances of it side by side, each with a sink of its own: `set` changes one of them. */
function twoGains({ model }: GainModel, sampleRate: number): Task {
  const wire = (from: string, to: string) => ({ from: { node: from }, to: { node: to } });
  return trackTask([{}], {
    sampleRate,
    instances: { changed: { model: model.id }, still: { model: model.id } },
    connections: {
      a: wire('track', 'changed'),
      b: wire('track', 'still'),
      c: wire('changed', 'main'),
      d: wire('still', 'reference'),
    },
    sinks: { main: { kind: 'stream', channels: 2 }, reference: { kind: 'stream', channels: 2 } },
  });
}

async function withGains(context: CheckContext): Promise<Loaded & GainModel> {
  need(context, 'live');
  const gain = gainModel(context);
  return { ...(await loaded(context, (sampleRate) => twoGains(gain, sampleRate))), ...gain };
}

const lower = ({ range: { min }, default: initial }: GainModel['parameter']): number =>
  Math.max(min, Number(initial) - 12);

export async function setFrame(context: CheckContext): Promise<string> {
  const one = await withGains(context);
  const { line, task, parameter } = one;
  const set = async () => {
    const changes = [{ instance: 'changed', parameter: parameter.id, value: lower(parameter) }];
    return check(Applied, await line.result({ type: 'set', task, changes }), 'the answer to set', 'MESSAGE_INVALID');
  };
  const stopped = await set();
  want(stopped.frame === null && stopped.positionFrame === null, `frame ${stopped.frame} of a task that does not play`);
  await change(one, { play: true });
  const { frame, positionFrame } = await set();
  want(frame !== null && positionFrame !== null, 'no frame of a task that plays');
  return `frame ${frame}`;
}

/** The first channel by stream frame: one stream may have begun later than the other. */
const leftByFrame = (packets: readonly Packet[]): Map<number, number> =>
  new Map(
    packets.flatMap((packet) => {
      const { streamFrame, channels, frames } = packet;
      const samples = samplesOf(packet);
      return Array.from({ length: frames }, (_, i) => [streamFrame + i, samples[i * channels]!] as const);
    }),
  );

export async function setHeardAtFrame(context: CheckContext): Promise<string> {
  const one = await withGains(context);
  const { line, task, parameter } = one;
  const { sampleRate, blockFrames } = context.facts.device;
  for (const [stream, node] of [
    [1, 'main'],
    [2, 'reference'],
  ] as const)
    await line.askAudio({ type: 'listen', stream, task, node, format: 'f32' });
  await change(one, { play: true });
  for (const stream of [1, 2]) await line.heard(stream, sampleRate / 10);
  const changes = [{ instance: 'changed', parameter: parameter.id, value: lower(parameter) }];
  const { frame } = check(Applied, await line.result({ type: 'set', task, changes }), 'set', 'MESSAGE_INVALID');
  want(frame !== null, 'no frame of a task that plays');
  for (const stream of [1, 2])
    await line.until(() => line.packets.get(stream)!.at(-1)!.streamFrame > frame! + sampleRate / 5, 'sound after it');
  const still = leftByFrame(line.packets.get(2)!);
  const first = [...leftByFrame(line.packets.get(1)!)].find(([at, x]) => still.has(at) && still.get(at) !== x)?.[0];
  if (first === undefined) throw new Fault('the change is not heard');
  const { latencyFrames } = await taskState(one);
  // a glide may begin with the value before; a latency of the instance comes on top
  const latest = frame! + latencyFrames + blockFrames;
  want(first >= frame! && first <= latest, `heard at frame ${first}, the answer said ${frame}`);
  return `answered with frame ${frame}, heard at ${first}`;
}

export async function setRefused(context: CheckContext): Promise<string> {
  const { line, task, parameter } = await withGains(context);
  const refused = (code: string, changed: object) =>
    line.refused(
      { type: 'set', task, changes: [{ instance: 'changed', parameter: parameter.id, value: 0, ...changed }] },
      code,
    );
  await refused('PARAMETER_VALUE', { value: parameter.range.max + 1000 });
  await refused('PARAMETER_VALUE', { value: 'loud' });
  await refused('PARAMETER_UNKNOWN', { parameter: 'nothing' });
  await refused('NODE_UNKNOWN', { instance: 'nobody' });
  return 'refused: values that the model does not allow, a parameter and an instance that there are not';
}

export async function midiUnknown(context: CheckContext): Promise<string> {
  const { line, task } = await loaded(context);
  const { message } = await line.refused(
    { type: 'midi', task, messages: [{ instance: 'nobody', bytes: [0x90, 60, 100] }] },
    'NODE_UNKNOWN',
  );
  return message;
}
