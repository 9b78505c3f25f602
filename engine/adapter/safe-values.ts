import { parameterValues, type Value, valueCount } from '@audiocloud/api';
import type { InstanceSpec } from './adapter-message.ts';

/** One value of a unit. parameter: its place in the model. */
export interface SafeValue {
  parameter: number;
  index: number;
  value: Value;
}

/** The safe values of a driver that was checked, in the order in which they are sent. [any] */
export function safeValues({ model, driver }: Pick<InstanceSpec, 'model' | 'driver'>): SafeValue[] {
  return Object.entries(driver.safe ?? {}).flatMap(([id, value]) => {
    const place = model.parameters.findIndex((parameter) => parameter.id === id);
    const parameter = model.parameters[place]!;
    const values = parameterValues(parameter, valueCount(parameter.scope, model, {}), value);
    return values.map((one, index) => ({ parameter: place, index, value: one }));
  });
}
