import { fileURLToPath } from 'node:url';
import root, { type Test } from 'tap';
import { keysPackage } from '../../test/testing/keys-package.ts';
import { DEFAULT_BOOKING } from '../booking/booking-settings.ts';
import { folderWithRack } from './simulated-preamp.ts';
import { handOver, startTestDomain, type TestDomain } from './test-domain.ts';

const stock = fileURLToPath(new URL('../../plugins', import.meta.url));

/** Of the rack: simulated preamps that have power. */
export const UNITS = ['one', 'two', 'three'].map((unit) => `generic:line-preamp:${unit}`);

let shared: Promise<TestDomain> | undefined;

/**
 * A domain with three preamps, an instrument that says what it was sent (`test:keys`), and reservations as short as one likes: for all test
 * files of this process. Each finds it without tasks, and takes away what else it made.
 */
export async function sharedStudioDomain(t: Test): Promise<TestDomain> {
  shared ??= startStudioDomain();
  const domain = await shared;
  handOver(t, domain, []);
  return domain;
}

async function startStudioDomain(): Promise<TestDomain> {
  const { limits } = DEFAULT_BOOKING;
  return startTestDomain(root, {
    dataDir: folderWithRack(root, UNITS),
    pluginDirs: [stock, await keysPackage(root)],
    booking: { ...DEFAULT_BOOKING, limits: { ...limits, shortestSeconds: 0 } },
  });
}
