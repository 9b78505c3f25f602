import type { Adapter } from '@audiocloud/api';
import { LEFT_OPEN } from './adapter-rig.ts';

/* The adapter whose address stands behind `?entry=`, and an exit code that tells whether a port was left open. */
const entry = new URL(import.meta.url).searchParams.get('entry')!;
const { adapter: real } = (await import(entry)) as { adapter: Adapter };
let open = 0;

process.on('exit', () => {
  if (open > 0) process.exitCode = LEFT_OPEN;
});

export const adapter: Adapter = {
  list: (wanted, settings) => real.list(wanted, settings),
  async open(facts, settings) {
    const port = await real.open(facts, settings);
    open++;
    return {
      write: (bytes) => port.write(bytes),
      onData: (callback) => port.onData(callback),
      onClose: (callback) => port.onClose(callback),
      close: async () => {
        await port.close();
        open--;
      },
    };
  },
};
