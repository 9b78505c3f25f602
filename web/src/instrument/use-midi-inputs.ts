import { useEffect, useState } from 'react';

interface MidiInputs {
  isOpen: boolean;
  /** Those that are plugged in. */
  inputs: readonly MIDIInput[];
  problem: string | undefined;
  /** Asks the browser, which asks the person. */
  open(): void;
}

/** MIDI inputs of this computer; undefined where the browser has none to offer, or the page came unencrypted from another machine. */
export function useMidiInputs(): MidiInputs | undefined {
  const [access, setAccess] = useState<MIDIAccess>();
  const [inputs, setInputs] = useState<readonly MIDIInput[]>([]);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (!access) return;
    const look = () => setInputs([...access.inputs.values()].filter(({ state }) => state === 'connected'));
    look();
    access.addEventListener('statechange', look);
    return () => access.removeEventListener('statechange', look);
  }, [access]);
  if (!('requestMIDIAccess' in navigator)) return undefined;
  const open = () => {
    setProblem(undefined);
    navigator.requestMIDIAccess().then(setAccess, (error: Error) => setProblem(error.message));
  };
  return { isOpen: access !== undefined, inputs, problem, open };
}
