import { type Parameter, type Value, asAudioCloudError, textToValue, valueToText } from '@audiocloud/api';
import { useState } from 'react';

interface Props {
  parameter: Parameter;
  label: string;
  value: Value;
  /** What was typed before the field opened. */
  typed: string | undefined;
  onSet(value: Value): void;
  onDone(): void;
}

/** The field in which a value is typed: Enter takes it, Escape leaves it. */
export function ValueEntry({ parameter, label, value, typed, onSet, onDone }: Props) {
  const [text, setText] = useState(typed ?? valueToText(parameter, value));
  const [problem, setProblem] = useState<string>();
  const take = (): boolean => {
    try {
      const next = textToValue(parameter, text);
      if (next !== value) onSet(next);
      return true;
    } catch (error) {
      setProblem(asAudioCloudError(error).message);
      return false;
    }
  };
  return (
    <input
      className="value-entry"
      aria-label={`${label} value`}
      aria-invalid={problem !== undefined}
      title={problem}
      value={text}
      spellCheck={false}
      autoComplete="off"
      ref={(input) => {
        if (input && document.activeElement !== input) {
          input.focus();
          if (typed === undefined) input.select();
        }
      }}
      onChange={(event) => {
        setText(event.target.value);
        setProblem(undefined);
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape' || (event.key === 'Enter' && take())) onDone();
      }}
      onBlur={() => {
        if (text !== valueToText(parameter, value)) take();
        onDone();
      }}
    />
  );
}
