import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { FixedInstanceState, SimulatedFault, Value } from '@audiocloud/api';
import type { Test } from 'tap';
import { FixedRack } from '../fixed-rack.ts';
import { untilState } from './until-state.ts';

const STOCK = join(import.meta.dirname, '../../../plugins/devices');
const LOOK_MS = 10;

/** What a simulated device got, in hexadecimal, and what it held then. */
export interface Witnessed {
  hex: string;
  state: Record<string, unknown>;
}

/** A stock device with its driver, in a rack, in the process of an engine, with its own simulator behind it. */
export interface WitnessedUnit {
  rack: FixedRack;
  id: string;
  /** The next writes that the simulator got, in their order; waits for them. */
  next(count: number): Promise<Witnessed[]>;
  /** Sets a value; the last write that the simulator got of it. */
  set(parameter: string, value: Value, index?: number): Promise<Witnessed>;
  until(wanted: (state: FixedInstanceState) => boolean): Promise<FixedInstanceState>;
  fault(fault: SimulatedFault): void;
  hear(...peaksDb: number[]): void;
}

/** Between adapter process and simulator: writes down what goes through. */
const WITNESS = (simulator: string, log: string) => `
import { appendFileSync } from 'node:fs';
const { adapter: real } = await import(${JSON.stringify(simulator)});
export const adapter = {
  ...real,
  async open(facts, settings) {
    const port = await real.open(facts, settings);
    return {
      ...port,
      async write(bytes) {
        await port.write(bytes);
        const line = { hex: Buffer.from(bytes).toString('hex'), state: real.stateOf(facts.id) };
        appendFileSync(${JSON.stringify(log)}, JSON.stringify(line) + '\\n');
      },
    };
  },
};
`;

/**
 * name: of plugins/devices. polls: what comes again and again, in hexadecimal; it is no part of `next`, and has come once when this
 * resolves. What else was sent until then is next.
 */
export async function witnessedUnit(t: Test, name: string, polls: readonly string[] = []): Promise<WitnessedUnit> {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-witness-'));
  const log = join(folder, 'log');
  for (const file of ['model.yaml', 'driver.yaml']) copyFileSync(join(STOCK, name, file), join(folder, file));
  writeFileSync(join(folder, 'witness.mjs'), WITNESS(pathToFileURL(join(STOCK, name, 'simulator.ts')).href, log));
  const manifest = { kind: 'device', models: ['model.yaml'], drivers: ['driver.yaml'], simulator: 'witness.mjs' };
  writeFileSync(join(folder, 'audiocloud.json'), JSON.stringify(manifest));
  const model = /^id: (\S+)/m.exec(readFileSync(join(folder, 'model.yaml'), 'utf8'))![1]!;
  const id = `${model}:one`;
  const rack = new FixedRack();
  t.teardown(async () => {
    await rack.close();
    rmSync(folder, { recursive: true });
  });
  await rack.open({ instances: [{ id, driver: folder, simulate: true }] });
  const until = (wanted: (state: FixedInstanceState) => boolean) => untilState(rack, id, wanted);
  await until(({ state }) => state === 'ready');

  const written = () =>
    (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []).map(
      (line) => JSON.parse(line) as Witnessed,
    );
  while (!polls.every((poll) => written().some(({ hex }) => hex === poll))) await pause(LOOK_MS);
  let read = 0;
  const next = async (count: number): Promise<Witnessed[]> => {
    for (;;) {
      const fresh = written()
        .filter(({ hex }) => !polls.includes(hex))
        .slice(read, read + count);
      if (fresh.length < count) {
        await pause(LOOK_MS);
        continue;
      }
      read += count;
      return fresh;
    }
  };
  return {
    rack,
    id,
    next,
    until,
    async set(parameter, value, index = 0) {
      await rack.set(id, parameter, index, value);
      const fresh = written()
        .filter(({ hex }) => !polls.includes(hex))
        .slice(read);
      read += fresh.length;
      return fresh.at(-1)!;
    },
    fault: (fault) => rack.simulateFault(id, fault),
    hear: (...peaksDb) =>
      rack.simulateSound(
        id,
        peaksDb.map((peakDb) => ({ peakDb, rmsDb: peakDb - 3 })),
      ),
  };
}
