import type { Value } from '@audiocloud/api';
import './switch-control.css';

interface Props {
  label: string;
  caption: string | undefined;
  description: string | undefined;
  value: Value;
  isReadOnly: boolean;
  onSet(value: Value): void;
}

/** On or off. */
export function SwitchControl({ label, caption, description, value, isReadOnly, onSet }: Props) {
  const isOn = value === true || value === 1;
  return (
    <div className="switch-control" title={description}>
      {caption && <span className="control-caption">{caption}</span>}
      <button
        type="button"
        role="switch"
        className="switch"
        aria-checked={isOn}
        aria-label={label}
        disabled={isReadOnly}
        onClick={() => onSet(!isOn)}
      >
        <span className="switch-thumb" />
      </button>
    </div>
  );
}
