import { setTimeout as sleep } from 'node:timers/promises';
import { type Adapter, type AdapterPort, AudioCloudError, type PortFacts } from '@audiocloud/api';
import midi from '@julusian/midi';
import { midiReader } from './midi-messages.ts';
import { pairPorts } from './midi-ports.ts';

const failed = (action: string, cause: unknown) =>
  new AudioCloudError(
    'ADAPTER_FAILED',
    `${action}: ${cause instanceof Error ? cause.message : String(cause)}; the MIDI system of this machine must run` +
      (process.platform === 'linux' ? ' (the ALSA sequencer: modprobe snd-seq, and access to /dev/snd/seq)' : ''),
    undefined,
    { cause },
  );

/** A port pattern `virtual: NAME` asks for ports of our own, to which other programs connect. */
function virtualPort(name: string): PortFacts {
  return { id: `virtual ${name}`, attributes: { virtual: name } };
}

/**
 * A new connection carries from the MIDI system's next cycle on (JACK: its period): what is written before is lost. Two
 * cycles of 1024 frames at 44.1 kHz.
 */
const SETTLE_MS = 50;

/** Ids of the ports that are open: most systems would open them again. */
const open = new Set<string>();

/** MIDI through RtMidi. Ports: `name` (without changing numbers), `input`, `output` (as listed). No unplug event: list tells. */
export const adapter: Adapter = {
  async list(wanted) {
    const virtual = wanted.flatMap((pattern) => (pattern['virtual'] ? [virtualPort(pattern['virtual'])] : []));
    if (virtual.length === wanted.length && virtual.length) return virtual;
    try {
      // The static lists of the binding free their client at once; a client for each look would use up descriptors.
      return [...virtual, ...pairPorts(midi.Input.getPortNames(), midi.Output.getPortNames())];
    } catch (error) {
      throw failed('Cannot list the MIDI ports', error);
    }
  },

  async open(port): Promise<AdapterPort> {
    if (open.has(port.id))
      throw new AudioCloudError(
        'ADAPTER_FAILED',
        `Cannot open the MIDI port ${port.id}: it is open already; give each instance a port of its own`,
      );
    const { virtual, input: inputName, output: outputName } = port.attributes;
    if (virtual === undefined && inputName === undefined && outputName === undefined)
      throw new AudioCloudError(
        'ADAPTER_FAILED',
        `Cannot open the MIDI port ${port.id}: it has neither an input nor an output; list the ports and take one`,
      );
    open.add(port.id);
    const opened: { destroy(): void }[] = [];
    let isOpen = true;
    const end = () => {
      if (!isOpen) return;
      isOpen = false;
      open.delete(port.id);
      for (const half of opened.splice(0)) half.destroy();
    };
    try {
      const input = new midi.Input();
      opened.push(input);
      const output = new midi.Output();
      opened.push(output);
      // SysEx, clock and active sensing are the device's to send and the driver's to read.
      input.ignoreTypes(false, false, false);
      if (virtual !== undefined) {
        input.openVirtualPort(virtual);
        output.openVirtualPort(virtual);
      } else {
        if (inputName !== undefined) input.openPortByName(inputName);
        if (outputName !== undefined) output.openPortByName(outputName);
        if ((inputName && !input.isPortOpen()) || (outputName && !output.isPortOpen()))
          throw new Error('it is no longer there');
        await sleep(SETTLE_MS);
      }
      const outgoing = midiReader();
      const incoming = midiReader();
      return {
        async write(bytes) {
          if (!isOpen)
            throw new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${port.id}: it is closed; open it again`);
          if (!output.isPortOpen())
            throw new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${port.id}: the device takes no MIDI`);
          try {
            for (const message of outgoing.push(bytes)) output.sendMessage(Buffer.from(message));
          } catch (error) {
            throw failed(`Cannot write to ${port.id}`, error);
          }
        },
        onData: (callback) =>
          void input.on('messageBuffer', (_seconds: number, bytes: Buffer) => {
            for (const message of incoming.push(bytes)) callback(message);
          }),
        onClose: () => {},
        close: async () => end(),
      };
    } catch (error) {
      end();
      throw failed(`Cannot open the MIDI port ${port.id}`, error);
    }
  },
};
