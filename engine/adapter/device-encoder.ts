import type { Driver, Mapping, Model, Value } from '@audiocloud/api';
import { PageImages } from './byte-page.ts';
import type { Outgoing } from './kinds/kind.ts';
import { kindOf } from './kinds/kinds.ts';
import { toWire } from './way-to-wire.ts';

/** What is written to a device. Of several that wait with one key, the last is written. */
export interface Message {
  key: string;
  bytes: Uint8Array;
}

/**
 * Turns values of a device into bytes. [any]
 *
 * Pages keep their values: one value sends its page with all others as they were last encoded.
 */
export class DeviceEncoder {
  private readonly images: PageImages;
  private readonly writers: ((value: Value) => Outgoing)[][];

  constructor(model: Model, driver: Driver) {
    this.images = new PageImages(driver.pages ?? {});
    this.writers = model.parameters.map((parameter) =>
      [driver.parameters[parameter.id]!].flat().map((mapping: Mapping) => {
        const toWireOf = toWire(parameter, mapping);
        const write = kindOf(mapping).writer(mapping, driver, this.images);
        return (value: Value) => write(toWireOf(value));
      }),
    );
  }

  /**
   * The message that sets one value. parameter: its place in the model.
   *
   * Throws PARAMETER_VALUE for what is no value of the parameter at all.
   */
  one(parameter: number, index: number, value: Value): Message {
    const { key, bytes } = this.writers[parameter]![index]!(value);
    return { key: key ?? `${parameter} ${index}`, bytes };
  }

  /** The messages that set all values, in the order of the model; a page stands once, where its first value does. */
  all(values: readonly (readonly Value[])[]): Message[] {
    const messages = new Map<string, Message>();
    for (const [p, list] of values.entries())
      for (const [index, value] of list.entries()) {
        const message = this.one(p, index, value);
        messages.set(message.key, message);
      }
    return [...messages.values()];
  }

  /** The bytes of a page as it is now. */
  page(name: string): Uint8Array {
    return this.images.bytes(name);
  }

  /** What the device has in a page: bits of no parameter stay so. */
  take(name: string, bytes: Uint8Array): void {
    this.images.take(name, bytes);
  }
}
