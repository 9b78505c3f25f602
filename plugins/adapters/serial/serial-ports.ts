import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { PortFacts, PortPattern } from '@audiocloud/api';
import { SerialPort } from 'serialport';

const DEVICE_NAME = /^tty(?:USB|ACM|AMA|GS)\d+$|^rfcomm\d+$|^cu\./;

/** The path that a pattern names in full, if it names only that. */
function fullPath(pattern: PortPattern): string | undefined {
  const path = pattern['path'];
  return path !== undefined && !path.includes('*') && isAbsolute(path) ? path : undefined;
}

const isThere = (path: string) =>
  stat(path).then(
    (facts) => facts.isCharacterDevice(),
    () => false,
  );

/** Where udev is missing (containers), the device files themselves. */
async function deviceFiles(folder = '/dev'): Promise<PortFacts[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => DEVICE_NAME.test(name))
    .map((name) => ({ id: join(folder, name), attributes: { path: join(folder, name) } }));
}

async function systemPorts(): Promise<PortFacts[]> {
  try {
    const ports = await SerialPort.list();
    return ports.map((port) => {
      const facts = Object.entries(port).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
      return { id: port.path, attributes: Object.fromEntries(facts) };
    });
  } catch {
    return deviceFiles();
  }
}

/**
 * The serial ports there are. [control]
 *
 * A path written out in full is looked at directly: it may lie outside of what the system lists, and asking the
 * system starts a process each time.
 */
export async function listPorts(wanted: readonly PortPattern[]): Promise<PortFacts[]> {
  const paths = wanted.map(fullPath);
  const ports = paths.includes(undefined) || !paths.length ? await systemPorts() : [];
  for (const path of new Set(paths))
    if (path !== undefined && !ports.some(({ id }) => id === path) && (await isThere(path)))
      ports.push({ id: path, attributes: { path } });
  return ports;
}
