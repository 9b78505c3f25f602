import type { AdapterCheck } from './adapter-rig.ts';
import { nothingIsLeft } from './checks/descriptors.ts';
import { exportsAdapters } from './checks/exports.ts';
import { listNothing, listTwice } from './checks/list.ts';
import { floodIn, floodOut, garbage, slowDevice } from './checks/load.ts';
import { closePending, closeTwice, openAgain, openTwice, writeAfterClose } from './checks/open-close.ts';
import { quietDevice, replug, unplug } from './checks/plug.ts';
import { endByDisconnect, endBySignal } from './checks/process-end.ts';
import { settingsAreNamed } from './checks/settings.ts';
import { loadsSimulator, noticesParameters, tellsReports } from './checks/simulated-device.ts';

type Row = readonly [id: string, of: AdapterCheck['of'], title: string, run: AdapterCheck['run'], limitFactor?: number];

const ROWS: readonly Row[] = [
  ['adapter-exports', 'package', 'Entry and simulator export an adapter', exportsAdapters],
  ['adapter-settings', 'package', 'Settings that do not fit are refused by name', settingsAreNamed],
  ['without-hardware', 'package', 'The entry answers where there is no device', listNothing],
  ['list-twice', 'port', 'Two lists name the same ports', listTwice],
  ['open-twice', 'port', 'An open port is not opened again', openTwice],
  ['open-again', 'port', 'A closed port can be opened again', openAgain],
  ['close-pending', 'port', 'Close settles what waits, and is the last', closePending],
  ['close-twice', 'port', 'The second close does nothing', closeTwice],
  ['write-after-close', 'port', 'A closed port refuses to write', writeAfterClose],
  ['flood-out', 'port', 'Many writes at once come to an end', floodOut],
  ['nothing-left', 'port', 'A hundred opens leave no descriptor and no timer', nothingIsLeft, 5],
  ['end-by-signal', 'port', 'Ports are closed when the process is ended', endBySignal],
  ['end-by-disconnect', 'port', 'Ports are closed when the engine is gone', endByDisconnect],
  ['unplug', 'simulator', 'An unplug is noticed within a second without a write', unplug],
  ['replug', 'simulator', 'A port that comes back is the same', replug],
  ['flood-in', 'simulator', 'A device that floods holds up nothing', floodIn],
  ['garbage', 'simulator', 'Noise is handed on and changes nothing', garbage],
  ['slow-device', 'simulator', 'A slow device holds up itself alone', slowDevice],
  ['quiet-device', 'simulator', 'A silent, broken or dead device is still a port', quietDevice],
];

/** What only the simulator of a device is asked. */
const DEVICE_ROWS: readonly Row[] = [
  ['simulator-loads', 'package', 'The simulator is an adapter with faults', loadsSimulator],
  ['simulator-parameters', 'device', 'The simulator notices every value of the driver', noticesParameters],
  ['simulator-reports', 'device', 'The driver reads what the simulator tells', tellsReports],
];

const checksOf = (rows: readonly Row[]): AdapterCheck[] =>
  rows.map(([id, of, title, run, limitFactor = 1]) => ({ id, of, title, run, limitFactor }));

/** The conformance suite for adapters, in its order. docs/adapter-checks.md has a heading for each. */
export const ADAPTER_CHECKS: readonly AdapterCheck[] = checksOf(ROWS);

/** That for the simulator of a device: its own checks, and those of a port and its faults. */
export const SIMULATOR_CHECKS: readonly AdapterCheck[] = [
  ...checksOf(DEVICE_ROWS),
  ...ADAPTER_CHECKS.filter(({ of }) => of !== 'package'),
];

/** Every check there is, once. */
export const CONDUCT_CHECKS: readonly AdapterCheck[] = [...ADAPTER_CHECKS, ...checksOf(DEVICE_ROWS)];
