import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { asAudioCloudError, SIMULATED_FAULTS, type SimulatedFault } from '@audiocloud/api';
import { foundFolders, type OpenSimulator, openSimulator } from '@audiocloud/engine';
import { Command, InvalidArgumentError } from 'commander';
import { dataFolder, type Pair, pair, wholeNumber } from '../flags.ts';
import { pluginsIn } from '../packages/plugins-in.ts';
import { type Order, readOrder } from '../simulate/orders.ts';
import { type SimulateLine, simulateText } from '../simulate/simulate-text.ts';
import { SimulatedUnit } from '../simulate/simulated-unit.ts';
import { virtualPortOf } from '../simulate/virtual-ports.ts';
import { typedSettings } from '../typed-settings.ts';

interface SimulateFlags {
  model?: string;
  name?: string;
  port: number;
  link?: string;
  fault?: SimulatedFault;
  setting: Pair[];
  data: string;
  json?: boolean;
}

/** `audiocloud device simulate`: a device without the device, for who writes its driver. */
export function deviceSimulateCommand(): Command {
  return new Command('simulate')
    .description(
      "Starts the simulator of a device package on a port of this machine, as if the device were there: what the driver sends is shown, what the device holds too, and it can be made to fail. Ctrl+C or 'quit' ends it.",
    )
    .argument('<device>', 'folder of the device package, or the name of an installed one')
    .option('--model <id>', 'which device, where the package has several')
    .option(
      '--name <text>',
      "MIDI: name of the port; default: the one that the driver looks for, with ' 1' for its *",
      portName,
    )
    .option('--port <n>', 'OSC and HTTP: port at 127.0.0.1; 0 takes any free one', wholeNumber(0, 65535), 0)
    .option('--link <path>', 'serial: where the port appears; default: in the folder for temporary files')
    .option('--fault <name>', `begin with a fault: ${SIMULATED_FAULTS.join(', ')}`, faultName)
    .option(
      '--setting <name=value>',
      'a setting of the bus in place of the one of the driver; may be given again',
      pair,
      [],
    )
    .option('--data <folder>', 'data folder in which packages are installed', dataFolder())
    .option(
      '--json',
      'print lines of JSON: { event: plugged | received | sent | state | fault | level | unplugged | refused, ... }',
    )
    .addHelpText(
      'after',
      `
What it prints first goes into rack.yaml, so that the engine connects to it:

  instances:
    - { id: 'acme:preamp:one', driver: '/home/acme/preamp', port: {"path":"..."} }

Then, line by line: "<-" came from the driver, "->" went to it, "=" the state of the device where it changed.

Orders, one a line on standard input:
  fault NAME      ${SIMULATED_FAULTS.join(', ')}
                  half-frame: half of each answer; late: a second later; power-loss: it forgets and is dead;
                  unplug: the port vanishes; none: all is well again
  level DB ...    the sound at its inputs, by channel, in dB of full scale: its meters follow
  state           all that it holds
  quit

Which port there is depends on the bus: serial a pseudo terminal (needs socat), midi a virtual port (needs ALSA or
the like), osc and http a network port of this machine. There are no virtual USB HID devices: for those, and for
buses of others, write simulate: true into the rack, and the engine meets the simulator inside.

Examples:
  audiocloud device simulate ./acme-preamp
  audiocloud device simulate @acme/outlets --port 8080 --json
  audiocloud device simulate ./acme-eq --setting transport=udp
  printf 'level -6 -6\\nfault late\\n' | audiocloud device simulate ./acme-compressor

The document: docs/device-guide.md`,
    )
    .action(simulate);
}

function faultName(text: string): SimulatedFault {
  const fault = SIMULATED_FAULTS.find((one) => one === text);
  if (fault) return fault;
  throw new InvalidArgumentError(`wanted ${SIMULATED_FAULTS.join(', ')}.`);
}

function portName(text: string): string {
  if (/^[\x20-\x7e]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('wanted 1 to 64 letters, digits and signs.');
}

/** The name that fits what a driver looks for. */
const nameFor = ({ device: { driver, model } }: OpenSimulator): string =>
  (driver.port['name'] ?? model.id).replaceAll('*', ' 1');

async function simulate(path: string, flags: SimulateFlags): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.resolve());
  const open = await openSimulator(path, {
    model: flags.model,
    packages: foundFolders([pluginsIn(flags.data)]),
    settings: (taken) => typedSettings(flags.setting, taken),
  });
  const { device, simulator, bus } = open;
  /** As a rack names it, wherever that lies. */
  const driver = existsSync(path) ? resolve(path) : path;
  const openPort = virtualPortOf(bus, device.model.id.split('@')[0]!, driver);
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-port-'));
  let told: Record<string, unknown> | undefined;
  const print = (line: SimulateLine): void => {
    const facts = { model: device.model.id, driver, bus };
    console.log(flags.json ? jsonOf(line) : simulateText(line, facts, told));
    if (line.event === 'state') told = structuredClone(line.state);
  };
  let unit: SimulatedUnit | undefined;
  try {
    unit = await SimulatedUnit.start({
      name: flags.name ?? nameFor(open),
      driver: device.driver,
      simulator,
      openPort,
      link: flags.link ?? join(folder, 'port'),
      port: flags.port,
      onEvent: print,
    });
    const obey = async (order: Order): Promise<void> => {
      if (order.order === 'quit') return stopped.resolve();
      if (order.order === 'state') {
        told = undefined;
        return print({ event: 'state', state: unit!.state });
      }
      if (order.order === 'level') unit!.hear(order.levels);
      else await unit!.fault(order.fault);
      print(
        order.order === 'level' ? { event: 'level', levels: order.levels } : { event: 'fault', fault: order.fault },
      );
    };
    const refuse = (thrown: unknown) => print({ event: 'refused', error: asAudioCloudError(thrown).toJSON() });
    if (flags.fault) await obey({ order: 'fault', fault: flags.fault });
    // One order after the other, in their order.
    let before = Promise.resolve();
    const lines = createInterface({ input: process.stdin });
    lines.on('line', (line) => {
      if (line.trim() === '') return;
      before = before.then(() => obey(readOrder(line))).catch(refuse);
    });
    await stopped.promise;
    lines.close();
  } finally {
    await unit?.close();
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdin.unref?.();
}

function jsonOf(line: SimulateLine): string {
  if (line.event !== 'received' && line.event !== 'sent') return JSON.stringify(line);
  return JSON.stringify({ event: line.event, hex: Buffer.from(line.bytes).toString('hex') });
}
