import { type Parameter, type Value, numberToTravel, valueToNumber, valueToText } from '@audiocloud/api';
import { type KeyboardEvent, useRef, useState } from 'react';
import { KnobDial } from './knob-dial.tsx';
import { defaultValue, step, turn } from './knob-travel.ts';
import './knob.css';
import { useKnobGestures } from './use-knob-gestures.ts';
import { ValueEntry } from './value-entry.tsx';

const PAGE_TRAVEL = 0.1;

interface Props {
  parameter: Parameter;
  /** Instance and parameter, for who does not see the page. */
  label: string;
  caption: string | undefined;
  index: number | undefined;
  value: Value;
  isReadOnly: boolean;
  onSet(value: Value): void;
}

/** A knob for a number: drag, wheel, arrow keys, double click for the default, Enter or a digit to type. */
export function Knob({ parameter, label, caption, index, value, isReadOnly, onSet }: Props) {
  const dial = useRef<HTMLDivElement>(null);
  const [entry, setEntry] = useState<{ typed: string | undefined }>();
  useKnobGestures(dial, { parameter, index, value, isReadOnly, onSet });
  const { range } = parameter;
  if (range.kind === 'list' || range.kind === 'toggle') return null;
  const text = valueToText(parameter, value);
  const travel = numberToTravel(parameter, valueToNumber(parameter, value));

  const keys: Record<string, (isFine: boolean) => Value> = {
    ArrowUp: (isFine) => step(parameter, value, 1, isFine),
    ArrowRight: (isFine) => step(parameter, value, 1, isFine),
    ArrowDown: (isFine) => step(parameter, value, -1, isFine),
    ArrowLeft: (isFine) => step(parameter, value, -1, isFine),
    PageUp: () => turn(parameter, value, PAGE_TRAVEL),
    PageDown: () => turn(parameter, value, -PAGE_TRAVEL),
    Home: () => range.min,
    End: () => range.max,
    Delete: () => defaultValue(parameter, index),
    Backspace: () => defaultValue(parameter, index),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isReadOnly || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = keys[event.key];
    if (key) onSet(key(event.shiftKey));
    else if (event.key === 'Enter') setEntry({ typed: undefined });
    else if (/^[-+.\d]$/.test(event.key)) setEntry({ typed: event.key });
    else return;
    event.preventDefault();
  };

  return (
    <div className="knob" title={parameter.description}>
      {caption && <span className="control-caption">{caption}</span>}
      <div
        ref={dial}
        className="knob-dial"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={range.min}
        aria-valuemax={range.max}
        aria-valuenow={Number(value)}
        aria-valuetext={text}
        aria-orientation="vertical"
        aria-readonly={isReadOnly}
        onKeyDown={onKeyDown}
      >
        <KnobDial travel={travel} neutral={neutralTravel(parameter)} />
      </div>
      {entry ? (
        <ValueEntry
          parameter={parameter}
          label={label}
          value={value}
          typed={entry.typed}
          onSet={onSet}
          onDone={() => {
            setEntry(undefined);
            dial.current?.focus();
          }}
        />
      ) : (
        <button
          type="button"
          tabIndex={-1}
          className="value-text"
          disabled={isReadOnly}
          onClick={() => setEntry({ typed: undefined })}
        >
          {text}
        </button>
      )}
    </div>
  );
}

/** Where the coloured arc begins: at 0 for what has two sides, else at the lowest value. */
function neutralTravel(parameter: Parameter): number {
  const { range } = parameter;
  if (range.kind === 'list' || range.kind === 'toggle') return 0;
  return range.min < 0 && range.max > 0 ? numberToTravel(parameter, 0) : 0;
}
