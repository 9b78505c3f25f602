import { type Parameter, type Value, valueToText } from '@audiocloud/api';
import './choice-control.css';

// More than this is better looked up in a list.
const SEGMENTS = 4;
const SEGMENT_TEXT = 18;

interface Props {
  parameter: Parameter;
  label: string;
  caption: string | undefined;
  value: Value;
  isReadOnly: boolean;
  onSet(value: Value): void;
  /** In a table there is room for a list only. */
  isSmall: boolean;
}

/** A choice of a list: a row of buttons for a few short words, a menu for more. */
export function ChoiceControl({ parameter, label, caption, value, isReadOnly, onSet, isSmall }: Props) {
  const { range } = parameter;
  if (range.kind !== 'list') return null;
  const texts = range.values.map((entry) => valueToText(parameter, entry.value));
  const isShort = range.values.length <= SEGMENTS && texts.join('').length <= SEGMENT_TEXT;
  const chosen = range.values.findIndex((entry) => entry.value === value);
  return (
    <div className="choice" title={parameter.description}>
      {caption && <span className="control-caption">{caption}</span>}
      {isShort && !isSmall ? (
        <div className="segments" role="radiogroup" aria-label={label}>
          {texts.map((text, i) => (
            <label key={text} className={i === chosen ? 'segment chosen' : 'segment'}>
              <input
                type="radio"
                name={label}
                checked={i === chosen}
                disabled={isReadOnly}
                onChange={() => onSet(range.values[i]!.value)}
              />
              {text}
            </label>
          ))}
        </div>
      ) : (
        <select
          aria-label={label}
          disabled={isReadOnly}
          value={chosen}
          onChange={(event) => onSet(range.values[Number(event.target.value)]!.value)}
        >
          {texts.map((text, i) => (
            <option key={text} value={i}>
              {text}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}
