import type { Driver, Mapping, Model, Value, Wire } from '@audiocloud/api';
import { PageImages } from './byte-page.ts';
import type { Outgoing } from './kinds/kind.ts';
import { kindOf } from './kinds/kinds.ts';
import { pageOf } from './page-of.ts';
import { toWire } from './way-to-wire.ts';

/** What is written to a device. Of several of one key that are sent at once, the last is enough. */
export interface Message {
  key: string;
  bytes: Uint8Array;
}

interface Writer {
  toWire(value: Value): Wire;
  write(wire: Wire): Outgoing;
  page: string | undefined;
}

/**
 * Turns values of a device into bytes. [any]
 *
 * Pages keep their values: one value sends its page with all others as they were last encoded.
 */
export class DeviceEncoder {
  private readonly images: PageImages;
  private readonly writers: Writer[][];

  constructor(model: Model, driver: Driver) {
    this.images = new PageImages(driver.pages ?? {});
    this.writers = model.parameters.map((parameter) =>
      [driver.parameters[parameter.id]!].flat().map((mapping: Mapping) => ({
        toWire: toWire(parameter, mapping),
        write: kindOf(mapping).writer(mapping, driver, this.images),
        page: pageOf(mapping),
      })),
    );
  }

  /**
   * What stands on the wire for a value. parameter: its place in the model.
   *
   * Throws PARAMETER_VALUE for what is no value of the parameter at all.
   */
  wire(parameter: number, index: number, value: Value): Wire {
    return this.writers[parameter]![index]!.toWire(value);
  }

  /** The message that sets one value. Its page, where it has one, holds the value from now on. */
  encode(parameter: number, index: number, wire: Wire): Message {
    const { key, bytes } = this.writers[parameter]![index]!.write(wire);
    return { key: key ?? `${parameter} ${index}`, bytes };
  }

  /** The page that is sent with a value. */
  pageOf(parameter: number, index: number): string | undefined {
    return this.writers[parameter]![index]!.page;
  }

  /**
   * The messages that set all values, in the order of the model; a page stands once, where its first value does.
   * isLater: those that are not sent by themselves now; a page with others holds them all the same.
   */
  all(
    values: readonly (readonly Value[])[],
    isLater: (parameter: number, index: number) => boolean = () => false,
  ): Message[] {
    const messages = new Map<string, Message>();
    for (const [p, list] of values.entries())
      for (const [index, value] of list.entries()) {
        const message = this.encode(p, index, this.wire(p, index, value));
        if (messages.has(message.key) || !isLater(p, index)) messages.set(message.key, message);
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
