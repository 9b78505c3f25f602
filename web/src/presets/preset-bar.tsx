import type { Model } from '@audiocloud/api';
import { useState } from 'react';
import { useSession } from '../session/use-session.ts';
import './preset-bar.css';
import { usePresets } from './use-presets.ts';

const SECONDS = [0, 1, 4, 16];

interface Props {
  instance: string;
  owner: string;
  model: Model;
}

/** Recalls a preset, at once or on a way of some seconds, and saves what the instance has now as a new one. */
export function PresetBar({ instance, owner, model }: Props) {
  const session = useSession();
  const { choices, reload } = usePresets(model);
  const [chosen, setChosen] = useState('');
  const [seconds, setSeconds] = useState(0);
  const [name, setName] = useState<string>();
  const recall = (key: string) => {
    setChosen(key);
    const choice = choices.find((one) => keyOf(one) === key);
    if (choice) session.recall({ preset: choice.id, factory: choice.factory, instance, seconds });
  };
  return (
    <div className="presets">
      <select aria-label={`${owner} preset`} value={chosen} onFocus={reload} onChange={(e) => recall(e.target.value)}>
        <option value="">Preset</option>
        {choices.map((choice) => (
          <option key={keyOf(choice)} value={keyOf(choice)} title={choice.description}>
            {choice.name}
          </option>
        ))}
      </select>
      <select
        aria-label={`${owner} morph time`}
        value={seconds}
        onChange={(event) => setSeconds(Number(event.target.value))}
      >
        {SECONDS.map((one) => (
          <option key={one} value={one}>
            {one === 0 ? 'at once' : `in ${one} s`}
          </option>
        ))}
      </select>
      {name === undefined ? (
        <button type="button" onClick={() => setName('')}>
          Save as preset
        </button>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void session.savePreset(name, instance).then(reload);
            setName(undefined);
          }}
        >
          <input
            // biome-ignore lint/a11y/noAutofocus: it appears where somebody has just pressed a button to type here
            autoFocus
            required
            maxLength={64}
            aria-label="Name of the preset"
            value={name}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && setName(undefined)}
          />
          <button type="submit">Save</button>
        </form>
      )}
    </div>
  );
}

const keyOf = ({ id, factory }: { id: string; factory: boolean }) => (factory ? `model ${id}` : `stored ${id}`);
