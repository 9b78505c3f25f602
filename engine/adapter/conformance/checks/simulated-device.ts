import { setTimeout as pause } from 'node:timers/promises';
import {
  type Adapter,
  type Parameter,
  parameterValues,
  portMatches,
  type Report,
  TICK_MS,
  type Value,
  valueCount,
} from '@audiocloud/api';
import { failed, type Outcome, passed, warning } from '../../../plugin/check-outcome.ts';
import type { FromAdapter } from '../../adapter-message.ts';
import { DeviceLink } from '../../device-link.ts';
import { type AdapterRig, expect, type RigDevice, within } from '../adapter-rig.ts';

const CONNECT_MS = 10_000;
/** More than the warm-up of the model, before a device that was switched on takes orders. */
const WARM_UP_MORE_MS = 500;
/** Its clock may be behind ours: what it does not take while it warms up is tried again. */
const TRIES_WHILE_WARMING = 5;
const TRY_AGAIN_MS = 1000;
/** Two loudnesses between which every meter moves, and how long each of them is heard. */
const PEAKS_DB = [-60, -6];
const LISTEN_MS = 2000;
const CREST_DB = 3;

/** Simulator of a device: it loads and is an adapter with faults. */
export async function loadsSimulator({ adapter, entry }: AdapterRig): Promise<Outcome> {
  const loaded = await import(entry.href).catch((error: Error) => expect(false, `it does not load: ${error.message}`));
  const { adapter: found } = loaded as { adapter?: Partial<Adapter> };
  for (const name of ['list', 'open', 'inject'] as const)
    expect(typeof found?.[name] === 'function', `it exports no adapter with a function ${name}`);
  return adapter.stateOf && adapter.hear
    ? passed('it holds a state to look at, and hears')
    : warning('without `stateOf` nobody sees what it understood, without `hear` its meters follow no sound');
}

/** A device that its driver has connected to, and all that it told. */
class Driven {
  readonly reports = new Map<string, Value[]>();
  garbage = 0;
  private readonly rig: AdapterRig;
  private readonly device: RigDevice;
  private readonly link: DeviceLink;
  private portId = '';
  private trouble = '';
  private isReady = false;

  constructor(rig: AdapterRig) {
    this.rig = rig;
    this.device = rig.device!;
    const { model, driver } = this.device;
    const values = model.parameters.map((parameter) => parameterValues(parameter, this.count(parameter), undefined));
    const spec = { id: `${model.id.split('@')[0]}:check`, model, driver: { ...driver, port: rig.wanted }, values };
    this.link = new DeviceLink(spec, rig.adapter, (message) => this.receive(message));
  }

  count({ scope }: Parameter | Report): number {
    return valueCount(scope, this.device.model, {});
  }

  async connect(): Promise<void> {
    const { adapter, wanted, settings } = this.rig;
    const ports = await within(adapter.list([wanted], [settings]), 'list');
    this.portId = ports.find((port) => portMatches(port, wanted))?.id ?? '';
    this.link.offer(ports, new Set());
    for (const end = performance.now() + CONNECT_MS; !this.isReady; await pause(TICK_MS)) {
      expect(this.trouble === '', `its driver cannot begin: ${this.trouble}`);
      expect(performance.now() < end, `its driver was not through with all values in ${CONNECT_MS / 1000} s`);
    }
  }

  async set(parameter: number, index: number, value: Value): Promise<void> {
    const { id } = this.device.model.parameters[parameter]!;
    await within(this.link.set(parameter, index, value), `${id}[${index}] = ${JSON.stringify(value)}`, CONNECT_MS);
  }

  /** What it holds, flat: one entry for each number, text or switch. Undefined where it does not tell. */
  state(): Map<string, unknown> | undefined {
    const state = this.rig.adapter.stateOf?.(this.portId);
    return state && new Map(leaves(structuredClone(state), ''));
  }

  hear(peakDb: number): void {
    const widths = this.device.model.inputs.map(({ channels }) => channels?.default ?? 0);
    const level = { peakDb, rmsDb: peakDb - CREST_DB };
    const levels = new Array(widths.reduce((sum, width) => sum + width, 0)).fill(level);
    this.rig.adapter.hear?.(this.portId, levels);
  }

  async close(): Promise<void> {
    await this.link.close();
  }

  private receive(message: FromAdapter): void {
    if (message.type === 'state') {
      this.isReady = message.state === 'ready';
      this.trouble = message.error?.message ?? '';
    } else if (message.type === 'reports') {
      this.garbage = message.garbage;
      for (const [report, values] of Object.entries(message.reports)) {
        const told = this.reports.get(report) ?? [];
        this.reports.set(report, [...told, ...Object.values(values)]);
      }
    }
  }
}

function* leaves(value: unknown, path: string): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) yield [path, value];
  else for (const [name, inner] of Object.entries(value)) yield* leaves(inner, `${path}/${name}`);
}

const changed = (before: Map<string, unknown>, after: Map<string, unknown>): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));

/** Both ends of what a parameter can be. */
function ends({ range }: Parameter): [Value, Value] {
  if (range.kind === 'toggle') return [false, true];
  if (range.kind === 'list') return [range.values[0]!.value, range.values.at(-1)!.value];
  return [range.min, range.max];
}

async function driven(rig: AdapterRig, look: (driven: Driven) => Promise<Outcome>): Promise<Outcome> {
  const one = new Driven(rig);
  try {
    await one.connect();
    return await look(one);
  } finally {
    await one.close();
  }
}

/** Parameters in the order in which they are set: those that switch it on come first. */
const inOrder = ({ model }: RigDevice) =>
  [...model.parameters.entries()].sort(([, a], [, b]) => Number(b.role === 'power') - Number(a.role === 'power'));

async function warmUp({ model }: RigDevice): Promise<void> {
  const seconds = model.power?.warmUpSeconds ?? 0;
  if (seconds > 0) await pause(seconds * 1000 + WARM_UP_MORE_MS);
}

/** Whether what it holds differs behind two values; true where it does not tell. */
async function notices(one: Driven, place: number, index: number, lowest: Value, highest: Value): Promise<boolean> {
  await one.set(place, index, lowest);
  const low = one.state();
  await pause(2 * TICK_MS);
  const later = one.state();
  await one.set(place, index, highest);
  const high = one.state();
  if (!low || !later || !high) return true;
  // what moves by itself shows nothing
  const moving = changed(low, later);
  return changed(later, high).some((path) => !moving.includes(path));
}

/** Every value of every parameter goes through the driver, and the simulator notices it. */
export async function noticesParameters(rig: AdapterRig): Promise<Outcome> {
  return driven(rig, async (one) => {
    const unnoticed: string[] = [];
    let values = 0;
    let isWarm = false;
    const moreTries = (rig.device!.model.power?.warmUpSeconds ?? 0) > 0 ? TRIES_WHILE_WARMING : 0;
    for (const [place, parameter] of inOrder(rig.device!)) {
      if (parameter.role !== 'power' && !isWarm) {
        await warmUp(rig.device!);
        isWarm = true;
      }
      const [lowest, highest] = ends(parameter);
      for (let index = 0; index < one.count(parameter); index++) {
        values++;
        let isNoticed = await notices(one, place, index, lowest, highest);
        for (let tries = 0; !isNoticed && tries < moreTries; tries++) {
          await pause(TRY_AGAIN_MS);
          isNoticed = await notices(one, place, index, lowest, highest);
        }
        if (!isNoticed) unnoticed.push(`${parameter.id}[${index}]`);
      }
    }
    const what = `${values} values of ${rig.device!.model.parameters.length} parameters`;
    if (unnoticed.length)
      return failed(
        `it holds the same after the lowest and the highest value of ${unnoticed.join(', ')}: driver and simulator speak of different bytes`,
      );
    return one.state() ? passed(`${what} noticed`) : warning(`${what} sent; it does not tell what it holds`);
  });
}

/** Reports come, the driver reads all of them, and meters follow the sound. */
export async function tellsReports(rig: AdapterRig): Promise<Outcome> {
  return driven(rig, async (one) => {
    for (const [place, parameter] of inOrder(rig.device!)) {
      const { range, role } = parameter;
      // switched on and turned up, so that there is something to see; what is chosen from a list stays
      const value = role === 'power' ? true : 'max' in range ? range.max : undefined;
      if (value === undefined) continue;
      await Promise.all(Array.from({ length: one.count(parameter) }, (_, index) => one.set(place, index, value)));
    }
    await pause(LISTEN_MS);
    for (const peakDb of PEAKS_DB) {
      one.hear(peakDb);
      await pause(LISTEN_MS);
    }
    const { reports } = rig.device!.model;
    if (one.garbage > 0) return failed(`${one.garbage} bytes of it no report reads`);
    const missing = reports.filter(({ id }) => !one.reports.has(id)).map(({ id }) => id);
    const told = reports.flatMap(({ id, unit }) => {
      const values = one.reports.get(id);
      return values ? [`${id} ${span(values)}${unit === 'none' || unit === 'toggle' ? '' : ` ${unit}`}`] : [];
    });
    const answer = told.join(', ') || 'it has no reports';
    return missing.length
      ? warning(`never came: ${missing.join(', ')}${told.length ? `; told: ${answer}` : ''}`)
      : passed(answer);
  });
}

function span(values: readonly Value[]): string {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length) return [...new Set(values)].join(' / ');
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)].map((value) => Number(value.toFixed(2)));
  return least === most ? `${least}` : `${least} to ${most}`;
}
