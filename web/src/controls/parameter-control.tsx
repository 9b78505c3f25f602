import type { Parameter, Value } from '@audiocloud/api';
import { ChoiceControl } from './choice-control.tsx';
import { Knob } from './knob.tsx';
import { SwitchControl } from './switch-control.tsx';

interface Props {
  parameter: Parameter;
  /** What it belongs to: the name of the instance. */
  owner: string;
  /** Channel or count, for a parameter that has several values. */
  index?: number | undefined;
  value: Value | undefined;
  onSet(value: Value): void;
  /** Where it stands in a table the head of the row says the name. */
  hasCaption?: boolean;
  isReadOnly?: boolean;
}

/** The control that a parameter's range asks for. */
export function ParameterControl({
  parameter,
  owner,
  index,
  value,
  onSet,
  hasCaption = true,
  isReadOnly = false,
}: Props) {
  if (value === undefined) return null;
  const label = `${owner} ${parameter.name}${index === undefined ? '' : ` ${index + 1}`}`;
  const caption = hasCaption ? parameter.name : undefined;
  switch (parameter.range.kind) {
    case 'toggle':
      return (
        <SwitchControl
          label={label}
          caption={caption}
          description={parameter.description}
          value={value}
          isReadOnly={isReadOnly}
          onSet={onSet}
        />
      );
    case 'list':
      return <ChoiceControl isSmall={!hasCaption} {...{ parameter, label, caption, value, onSet, isReadOnly }} />;
    default:
      return <Knob {...{ parameter, label, caption, index, value, onSet, isReadOnly }} />;
  }
}
