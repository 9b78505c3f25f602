import type { Adapter } from '@audiocloud/api';
import type { VirtualPort, VirtualPortWanted } from './virtual-port.ts';

/**
 * MIDI ports of our own, in and out, to which a driver connects by their name: the MIDI adapter makes them.
 *
 * entry: of the adapter. Throws ADAPTER_FAILED where the machine has no MIDI system.
 */
export async function openMidi(entry: URL, { name, onData, onLost }: VirtualPortWanted): Promise<VirtualPort> {
  const { adapter } = (await import(entry.href)) as { adapter: Adapter };
  const [facts] = await adapter.list([{ virtual: name }]);
  const port = await adapter.open(facts!, {});
  port.onData(onData);
  port.onClose(onLost);
  return {
    rack: { port: { name } },
    // a MIDI cable carries messages alone: noise that is none does not get through
    send: (bytes) => void port.write(bytes).catch(() => {}),
    close: () => port.close(),
  };
}
