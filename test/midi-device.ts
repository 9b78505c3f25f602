import { createRequire } from 'node:module';

/*
 * A MIDI device in a process of its own: its end is the unplugging. Run with the folder that holds easymidi and the
 * name of the device; tells by IPC what it receives, sends what it is told.
 *
 * easymidi reads and writes here because it is not ours: another reader of our bytes.
 */
const [folder, name] = process.argv.slice(2) as [string, string];

interface EasyMidi {
  Input: new (
    name: string,
    virtual: boolean,
  ) => { on(event: 'message', heard: (message: object) => void): void; _input: { destroy(): void } };
  Output: new (
    name: string,
    virtual: boolean,
  ) => { send(type: string, message: object): void; _output: { destroy(): void } };
}
const easymidi = createRequire(`${folder}/device.js`)('easymidi') as EasyMidi;
const output = new easymidi.Output(name, true);
const input = new easymidi.Input(name, true);
input.on('message', (message) => process.send!(message));
process.on('message', ({ type, message }: { type: string; message: object }) => output.send(type, message));
/** A JACK server waits 5 s for a client that died, and all others with it: they are ended in order, which easymidi cannot. */
function end(): void {
  input._input.destroy();
  output._output.destroy();
  process.exit();
}
process.on('SIGTERM', end);
process.on('disconnect', end);
