import { AudioCloudError, parameterValues, valueToNumber } from '@audiocloud/api';
import { CHECK_MAX_FRAMES, type CheckRun, difference, nonFinite, randomValue } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';
import { EVENT, EVENT_ALL, EVENT_SIZE, EVENT_TYPE, LAYOUT } from '../layout.ts';
import { PluginMemory } from '../plugin-memory.ts';
import type { Probe, ProbeEvent } from '../probe.ts';

const FRAMES = 1024;
const MAX_PARAMETERS = 128;
const isNumber = (kind: string) => kind === 'continuous' || kind === 'stepped';

/** Every parameter at its least and greatest value, and all of them at once: finite sound. */
export const parameterBounds: CheckRun = (context) => {
  const { parameters } = context.model;
  const memory = new PluginMemory(context.plugin);
  const sound = (values: Parameters<typeof context.probe>[0]) => {
    const probe = context.probe({ memory, ...values });
    const fault = nonFinite(probe.render(context.noise(probe, FRAMES), { frames: FRAMES }).outputs);
    probe.dispose();
    return fault;
  };
  for (const place of [0, 1]) {
    for (const parameter of parameters.slice(0, MAX_PARAMETERS)) {
      const value = randomValue(parameter, place);
      const fault = sound({ parameters: { [parameter.id]: value } });
      if (fault) return failed(`${parameter.id} at ${value}: ${fault}`);
    }
    const all = Object.fromEntries(parameters.map((parameter) => [parameter.id, randomValue(parameter, place)]));
    const fault = sound({ parameters: all });
    if (fault) return failed(`all parameters at their ${place ? 'greatest' : 'least'}: ${fault}`);
  }
  return passed(`${Math.min(parameters.length, MAX_PARAMETERS)} parameters`);
};

/** Values beyond the range, and those that are no numbers, are clamped by the kernel. */
export const parameterClamped: CheckRun = (context) => {
  const numbers = context.live.filter(({ range }) => isNumber(range.kind)).slice(0, MAX_PARAMETERS);
  if (numbers.length === 0) return skipped('no parameter with a range of numbers changes while it plays');
  const memory = new PluginMemory(context.plugin);
  for (const parameter of numbers) {
    const probe = context.probe({ memory });
    for (const value of [-1e30, 1e30, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN]) {
      const events = [{ frame: 100, parameter: parameter.id, value }];
      const { outputs } = probe.render(context.noise(probe, FRAMES), { events, frames: FRAMES });
      const fault = nonFinite(outputs);
      if (fault) return failed(`${parameter.id} set to ${value}, which must be clamped: ${fault}`);
    }
    // after all that it obeys
    const back = { frame: 0, parameter: parameter.id, value: randomValue(parameter, 0) };
    const fault = nonFinite(probe.render(context.noise(probe, FRAMES), { events: [back], frames: FRAMES }).outputs);
    if (fault) return failed(`${parameter.id} set back to its least value: ${fault}`);
    probe.dispose();
  }
  return passed(`${numbers.length} parameters`);
};

/** A new instance has the model's defaults before anybody sets them: as its state tells. */
export const parameterDefaults: CheckRun = (context) => {
  const { model, plugin } = context;
  if (model.parameters.length === 0) return skipped('the model has no parameters');
  const memory = new PluginMemory(plugin);
  const index = plugin.models.findIndex(({ id }) => id === model.id);
  const [bare, set] = [memory.create(index), memory.create(index)];
  model.parameters.forEach((parameter, id) => {
    const count = parameter.scope && parameter.scope.kind !== 'global' ? undefined : 1;
    // of values by channel the first: how many there are follows from widths
    for (const [i, value] of parameterValues(parameter, count ?? 1, undefined).entries())
      memory.parameter(set, id, i, valueToNumber(parameter, value));
  });
  const [found, wanted] = [memory.stateSave(bare), memory.stateSave(set)];
  if (found.length === wanted.length && found.every((byte, i) => byte === wanted[i]))
    return passed('its state is the same before and after they are set');
  const at = found.findIndex((byte, i) => byte !== wanted[i]);
  const id = model.parameters.find((parameter, number) => {
    const one = memory.create(index);
    const value = parameterValues(parameter, 1, undefined)[0]!;
    memory.parameter(one, number, 0, valueToNumber(parameter, value));
    const state = memory.stateSave(one);
    return state.length !== found.length || state.some((byte, i) => byte !== found[i]);
  })?.id;
  return failed(`a new instance is not at the default of ${id}: its state differs at byte ${at} when that is set`);
};

/** An id or index that there is not is refused or ignored: nothing else changes. */
export const parameterUnknown: CheckRun = (context) => {
  const { model, plugin } = context;
  const memory = new PluginMemory(plugin);
  const layout = memory.create(plugin.models.findIndex(({ id }) => id === model.id));
  const before = memory.stateSave(layout);
  for (const [id, index] of [
    [model.parameters.length, 0],
    [0x7fffffff, 0],
    [-1, 0],
    [0, 1000],
    [0, -2],
  ] as const) {
    if (model.parameters.length === 0 && id === 0) continue;
    try {
      memory.parameter(layout, id, index, 0.5);
    } catch (error) {
      if (!(error instanceof AudioCloudError) || error.details?.['trap']) throw error;
    }
    if (!memory.stateSave(layout).every((byte, i) => byte === before[i]))
      return failed(`ac_parameter of id ${id}, index ${index}, which there is not, changes the state`);
  }
  return passed('refused or ignored');
};

/** Random changes, also ramps and values out of range, at random frames of blocks of random sizes: finite sound. */
export const parameterFuzz: CheckRun = (context) => {
  if (context.live.length === 0) return skipped('no parameter changes while it plays');
  let count = 0;
  for (const round of [1, 2, 3]) {
    const random = context.random(100 + round);
    const probe = context.probe({ parameters: context.randomParameters(round) });
    for (let block = 0; block < 120; block++) {
      const frames = 1 + Math.floor(random() * CHECK_MAX_FRAMES);
      const events: ProbeEvent[] = context.randomEvents(random, Math.floor(random() * 8), frames).map((event) => {
        if ('midi' in event) return event;
        const { range } = context.model.parameters.find(({ id }) => id === event.parameter)!;
        const isWild = random() < 0.1 && isNumber(range.kind);
        return {
          ...event,
          ...(isWild ? { value: (random() - 0.5) * 1e9 } : {}),
          ...(random() < 0.3 ? { rampFrames: Math.floor(random() * 2000) } : {}),
        };
      });
      count += events.length;
      const fault = nonFinite(probe.process(context.noise(probe, frames, block), frames, events).outputs);
      if (fault) return failed(`round ${round}, block ${block}, after ${count} changes: ${fault}`);
    }
  }
  return passed(`${count} changes`);
};

const EVENT_FRAME = 100;

/** A change does nothing before its frame. */
export const sampleAccurate: CheckRun = (context) => {
  if (context.live.length === 0) return skipped('no parameter changes while it plays');
  const memory = new PluginMemory(context.plugin);
  let heard = 0;
  for (const parameter of context.live.slice(0, MAX_PARAMETERS))
    for (const place of [0, 1]) {
      const sound = (events: ProbeEvent[]) => {
        const probe = context.probe({ memory });
        probe.process(context.noise(probe, CHECK_MAX_FRAMES, 1), CHECK_MAX_FRAMES);
        const input = context.noise(probe, CHECK_MAX_FRAMES, 2);
        const { outputs } = probe.process(input, CHECK_MAX_FRAMES, events);
        probe.dispose();
        return outputs;
      };
      const value = randomValue(parameter, place);
      const [without, with_] = [sound([]), sound([{ frame: EVENT_FRAME, parameter: parameter.id, value }])];
      const before = (outputs: Float32Array[]) => outputs.map((samples) => samples.subarray(0, EVENT_FRAME));
      const { size, text } = difference(before(without), before(with_));
      if (size > 0) return failed(`${parameter.id} set to ${value} at frame ${EVENT_FRAME}: ${text}`);
      if (difference(without, with_).size > 0) heard++;
    }
  return passed(`${heard} changes heard within the block, none before its frame`);
};

/** A list of events that is full is taken as a whole. */
export const eventCapacity: CheckRun = (context) => {
  if (context.live.length === 0) return skipped('no parameter changes while it plays');
  const probe = context.probe();
  probe.process(context.noise(probe, CHECK_MAX_FRAMES), CHECK_MAX_FRAMES); // what opens it is not among them
  const capacity = probe.memory.word(probe.layout, LAYOUT.eventCapacity);
  const random = context.random(21);
  const last = context.live.map((parameter) => ({
    frame: CHECK_MAX_FRAMES - 1,
    parameter: parameter.id,
    value: randomValue(parameter, 0.5),
  }));
  if (last.length > capacity) return skipped('more parameters than events fit');
  const events = [...context.randomEvents(random, capacity - last.length, CHECK_MAX_FRAMES), ...last];
  const fault = nonFinite(probe.process(context.noise(probe, CHECK_MAX_FRAMES), CHECK_MAX_FRAMES, events).outputs);
  if (fault) return failed(`${capacity} events in a block: ${fault}`);
  // the last ones count: after a reset it sounds as one that was made with them
  probe.reset();
  const made = context.probe({
    parameters: Object.fromEntries(last.map(({ parameter, value }) => [parameter, value])),
  });
  const input = context.noise(made, FRAMES, 5);
  const options = { frames: FRAMES };
  const { size, text } = difference(probe.render(input, options).outputs, made.render(input, options).outputs);
  return size > 0
    ? failed(`the last of ${capacity} events of a block are not taken: ${text}`)
    : passed(`${capacity} events in a block`);
};

const UNKNOWN_TYPE = 99;

/** Events as bytes: of an unknown type and 40 bytes, the change, and one more unknown one. */
function writeAmongUnknown(probe: Probe, id: number, value: number): void {
  const { memory, layout } = probe;
  const bytes = new DataView(memory.memory.buffer, memory.word(layout, LAYOUT.events), 40 + 2 * EVENT_SIZE);
  for (let i = 0; i < bytes.byteLength; i += 4) bytes.setUint32(i, 0xffffffff, true);
  for (const [at, frame, type, size] of [
    [0, 10, UNKNOWN_TYPE, 40],
    [40, EVENT_FRAME, EVENT_TYPE.parameter, EVENT_SIZE],
    [40 + EVENT_SIZE, 200, UNKNOWN_TYPE + 1, EVENT_SIZE],
  ] as const) {
    bytes.setUint32(at + EVENT.frame, frame, true);
    bytes.setUint16(at + EVENT.type, type, true);
    bytes.setUint16(at + EVENT.size, size, true);
  }
  bytes.setUint32(40 + EVENT.id, id, true);
  bytes.setUint32(40 + EVENT.aux, EVENT_ALL, true);
  bytes.setFloat64(40 + EVENT.value, value, true);
  memory.setWord(layout, LAYOUT.eventCount, 3);
}

/** Events of types that it does not know are skipped by their size. */
export const unknownEvents: CheckRun = (context) => {
  const [parameter] = context.live;
  const id = context.model.parameters.indexOf(parameter!);
  if (!parameter) return skipped('no parameter changes while it plays');
  const value = randomValue(parameter, 0);
  const [mixed, plain] = [context.probe(), context.probe()];
  for (const probe of [mixed, plain]) probe.process(context.noise(probe, CHECK_MAX_FRAMES, 2), CHECK_MAX_FRAMES);
  const input = context.noise(plain, CHECK_MAX_FRAMES);
  const wanted = plain.process(input, CHECK_MAX_FRAMES, [{ frame: EVENT_FRAME, parameter: parameter.id, value }]);
  mixed.writeInputs(input, CHECK_MAX_FRAMES);
  writeAmongUnknown(mixed, id, valueToNumber(parameter, value));
  mixed.twin.process(mixed.layout, CHECK_MAX_FRAMES);
  if (mixed.twin.fault)
    throw new AudioCloudError('INSTANCE_FAILED', `Call ac_process with events of unknown types: ${mixed.twin.fault}`, {
      trap: mixed.twin.fault,
    });
  // an event cuts a block into runs: where they are cut may round running sums in another way
  const { size, text } = difference(mixed.readOutputs(1, CHECK_MAX_FRAMES), wanted.outputs);
  return size > 1e-6
    ? failed(`among events of unknown types ${parameter.id} is not taken as alone: ${text}`)
    : passed('skipped');
};
