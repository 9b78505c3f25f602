import type { Model, Value } from '@audiocloud/api';
import { ParameterControl } from '../controls/parameter-control.tsx';
import './parameter-panel.css';
import { parameterSections } from './parameter-sections.ts';

interface Props {
  owner: string;
  model: Model;
  valuesOf(parameter: string): readonly Value[];
  onSet(parameter: string, value: Value, index: number | undefined): void;
}

/** A control for every parameter of a model, by group; those with several values as a table. */
export function ParameterPanel({ owner, model, valuesOf, onSet }: Props) {
  const sections = parameterSections(model.parameters, ({ id }) => valuesOf(id).length);
  return (
    <div className="panel">
      {sections.map(({ title, singles, tables }) => (
        <section key={title ?? ''} className="section" aria-label={title ?? 'Parameters'}>
          {title && <h3>{title}</h3>}
          {singles.length > 0 && (
            <div className="singles">
              {singles.map((parameter) => (
                <ParameterControl
                  key={parameter.id}
                  parameter={parameter}
                  owner={owner}
                  value={valuesOf(parameter.id)[0]}
                  onSet={(value) => onSet(parameter.id, value, undefined)}
                />
              ))}
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
                        <ParameterControl
                          parameter={parameter}
                          owner={owner}
                          index={index}
                          value={value}
                          hasCaption={false}
                          onSet={(next) => onSet(parameter.id, next, index)}
                        />
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
