import { useEffect, useState } from 'react';
import { useSession } from '../session/use-session.ts';
import { HeldByInput, isChannelMessage } from './held-by-input.ts';
import { useMidiInputs } from './use-midi-inputs.ts';

interface Props {
  instance: string;
  owner: string;
  port: string;
}

/** Which MIDI input of this computer plays an instance; nothing where the browser has none. */
export function MidiInputChoice({ instance, owner, port }: Props) {
  const session = useSession();
  const midi = useMidiInputs();
  const [chosen, setChosen] = useState('');
  const input = midi?.inputs.find(({ id }) => id === chosen);
  useEffect(() => {
    if (!input) return;
    const held = new HeldByInput();
    const send = (bytes: number[]) => session.midi([{ instance, port, bytes }]);
    const onMessage = ({ data }: MIDIMessageEvent) => {
      if (!isChannelMessage(data)) return;
      held.follow(data);
      send([...data]);
    };
    input.addEventListener('midimessage', onMessage);
    return () => {
      input.removeEventListener('midimessage', onMessage);
      for (const bytes of held.release()) send(bytes);
    };
  }, [session, input, instance, port]);
  if (!midi) return null;
  if (!midi.isOpen)
    return (
      <button type="button" title={midi.problem ?? 'Play it with a MIDI keyboard of this computer'} onClick={midi.open}>
        {midi.problem ? 'MIDI refused' : 'MIDI keyboard…'}
      </button>
    );
  return (
    <select
      aria-label={`${owner} MIDI keyboard`}
      value={input ? chosen : ''}
      onChange={(event) => setChosen(event.target.value)}
    >
      <option value="">{midi.inputs.length > 0 ? 'No MIDI keyboard' : 'No MIDI keyboard is plugged in'}</option>
      {midi.inputs.map(({ id, name }) => (
        <option key={id} value={id}>
          {name ?? id}
        </option>
      ))}
    </select>
  );
}
