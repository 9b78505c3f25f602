import type { Port } from '@audiocloud/api';
import { type PointerEvent, useState } from 'react';
import { useSessionView } from '../session/use-session.ts';
import './keyboard.css';
import { drawnKeys, firstNote, HIGHEST_OCTAVE, LOWEST_OCTAVE, noteName, semitoneOf, velocityAt } from './keys.ts';
import { MidiInputChoice } from './midi-input-choice.tsx';
import { useComputerKeys } from './use-computer-keys.ts';
import { useHeldKeys } from './use-held-keys.ts';

const KEYS = drawnKeys();
const FIRST_OCTAVE = 4;
/** Computer keys tell nothing of how hard they are struck. */
const COMPUTER_VELOCITY = 100;
const OCTAVE_DOWN = 'KeyZ';
const OCTAVE_UP = 'KeyX';

interface Props {
  instance: string;
  owner: string;
  /** The midi inputs of its model: at least one. */
  ports: readonly Port[];
}

/** A keyboard for an instrument: mouse and fingers, keys of the computer, and a MIDI keyboard where the browser has one. */
export function Keyboard({ instance, owner, ports }: Props) {
  const { state } = useSessionView();
  const [port, setPort] = useState(ports[0]!.id);
  const [octave, setOctave] = useState(FIRST_OCTAVE);
  const { keys, shown, look } = useHeldKeys(instance, port);
  const isPlaying = state?.transport?.playing === true;
  const shift = (by: number) => setOctave((now) => Math.min(HIGHEST_OCTAVE, Math.max(LOWEST_OCTAVE, now + by)));
  const sustain = () => {
    keys.sustain(!keys.isSustained);
    look();
  };

  useComputerKeys({
    press: (code) => {
      if (code === OCTAVE_DOWN || code === OCTAVE_UP) shift(code === OCTAVE_UP ? 1 : -1);
      const semitone = semitoneOf(code);
      const note = firstNote(octave) + (semitone ?? 0);
      if (semitone === undefined || note > 127) return false;
      keys.press(code, note, COMPUTER_VELOCITY);
      look();
      return true;
    },
    release: (code) => {
      keys.release(code);
      look();
    },
  });

  const strike = (event: PointerEvent<HTMLElement>) => {
    const key = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>('[data-note]');
    if (!key || !event.currentTarget.contains(key)) keys.release(holderOf(event));
    else {
      const { top, height } = key.getBoundingClientRect();
      keys.press(holderOf(event), Number(key.dataset['note']), velocityAt((event.clientY - top) / height));
    }
    look();
  };
  const letGo = (event: PointerEvent<HTMLElement>) => {
    keys.release(holderOf(event));
    look();
  };

  return (
    <section className="instrument" aria-label={`Keyboard of ${owner}`}>
      <div className="instrument-bar">
        <button type="button" disabled={octave === LOWEST_OCTAVE} title="Octave down (Z)" onClick={() => shift(-1)}>
          −
        </button>
        <output aria-label="Octave">{noteName(firstNote(octave))}</output>
        <button type="button" disabled={octave === HIGHEST_OCTAVE} title="Octave up (X)" onClick={() => shift(1)}>
          +
        </button>
        <button type="button" aria-pressed={shown.isSustained} onClick={sustain}>
          Sustain
        </button>
        {ports.length > 1 && (
          <select aria-label={`${owner} midi input`} value={port} onChange={(event) => setPort(event.target.value)}>
            {ports.map(({ id, name }) => (
              <option key={id} value={id}>
                {name ?? id}
              </option>
            ))}
          </select>
        )}
        <MidiInputChoice owner={owner} instance={instance} port={port} />
        {!isPlaying && <span className="note">Heard while the task plays</span>}
      </div>
      <div
        className="keys"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          event.preventDefault();
          strike(event);
        }}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && strike(event)}
        onPointerUp={letGo}
        onPointerCancel={letGo}
        onLostPointerCapture={letGo}
      >
        {KEYS.map(({ semitone, isBlack, left, width, letter }) => {
          const note = firstNote(octave) + semitone;
          return (
            <div
              key={semitone}
              role="img"
              className={`key ${isBlack ? 'black' : 'white'} ${shown.notes.has(note) ? 'down' : ''}`}
              aria-label={noteName(note)}
              data-note={note}
              style={{ left: `${100 * left}%`, width: `${100 * width}%` }}
            >
              <span>{letter}</span>
            </div>
          );
        })}
      </div>
    </section>
  );
}

const holderOf = ({ pointerId }: PointerEvent) => `pointer ${pointerId}`;
