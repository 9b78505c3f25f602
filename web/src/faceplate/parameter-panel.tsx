import type { Model, Value } from '@audiocloud/api';
import type { ReactNode } from 'react';
import { ParameterControl } from '../controls/parameter-control.tsx';
import { ControlPlace } from '../presence/control-place.tsx';
import type { Person } from '../presence/people.ts';
import './parameter-panel.css';
import { parameterSections } from './parameter-sections.ts';

interface Props {
  owner: string;
  model: Model;
  valuesOf(parameter: string): readonly Value[];
  onSet(parameter: string, value: Value, index: number | undefined): void;
  /** The values are shown, and cannot be changed. */
  isReadOnly?: boolean;
  /** Whose hand is on a control. */
  handOn?(parameter: string, index: number | undefined): Person | undefined;
  /** The hand of this page comes and goes. */
  onHold?(parameter: string, index: number | undefined, isHeld: boolean): void;
}

/** A control for every parameter of a model, by group; those with several values as a table. */
export function ParameterPanel({ owner, model, valuesOf, onSet, isReadOnly = false, handOn, onHold }: Props) {
  const sections = parameterSections(model.parameters, ({ id }) => valuesOf(id).length);
  const place = (key: string, parameter: string, index: number | undefined, control: ReactNode) => (
    <ControlPlace
      key={key}
      hand={handOn?.(parameter, index)}
      onHold={onHold && ((isHeld) => onHold(parameter, index, isHeld))}
    >
      {control}
    </ControlPlace>
  );
  return (
    <div className={isReadOnly ? 'panel read-only' : 'panel'}>
      {sections.map(({ title, singles, tables }) => (
        <section key={title ?? ''} className="section" aria-label={title ?? 'Parameters'}>
          {title && <h3>{title}</h3>}
          {singles.length > 0 && (
            <div className="singles">
              {singles.map((parameter) =>
                place(
                  parameter.id,
                  parameter.id,
                  undefined,
                  <ParameterControl
                    parameter={parameter}
                    owner={owner}
                    value={valuesOf(parameter.id)[0]}
                    isReadOnly={isReadOnly}
                    onSet={(value) => onSet(parameter.id, value, undefined)}
                  />,
                ),
              )}
            </div>
          )}
          {tables.map(({ count, parameters }) => (
            <table key={count} className="values">
              <thead>
                <tr>
                  <td />
                  {Array.from({ length: count }, (_, index) => (
                    <th key={index} scope="col">
                      {index + 1}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {parameters.map((parameter) => (
                  <tr key={parameter.id}>
                    <th scope="row">{parameter.name}</th>
                    {valuesOf(parameter.id).map((value, index) => (
                      <td key={index}>
                        {place(
                          'control',
                          parameter.id,
                          index,
                          <ParameterControl
                            parameter={parameter}
                            owner={owner}
                            index={index}
                            value={value}
                            hasCaption={false}
                            isReadOnly={isReadOnly}
                            onSet={(next) => onSet(parameter.id, next, index)}
                          />,
                        )}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          ))}
        </section>
      ))}
    </div>
  );
}
