import { Type } from 'typebox';
import { ErrorBody } from './error-body.ts';
import { Name } from './ids.ts';

/**
 * What became of a value on its way to a device.
 *
 * sent: its bytes were written, and taken where the driver awaits an answer; at the end of a ramp. confirmed: a report of
 * the device says it too. replaced: a newer value took its place. failed: `error` says why. waiting: it is not sent yet
 * and will be, `error` says what it waits for where that is known.
 */
export const OUTCOMES = ['sent', 'confirmed', 'replaced', 'failed', 'waiting'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const part = {
  parameter: Name,
  index: Type.Integer({ minimum: 0, maximum: 255 }),
  outcome: Type.Unsafe<Outcome>(Type.String({ enum: [...OUTCOMES] })),
  error: Type.Optional(ErrorBody),
};

/** Of one value of a fixed instance. */
export const Delivered = Type.Object(part, { additionalProperties: false, title: 'Delivered' });
export type Delivered = Type.Static<typeof Delivered>;

/** Of one value of a fixed instance of a task. */
export const DeliveredOfTask = Type.Object(
  { instance: Name, ...part },
  { additionalProperties: false, title: 'DeliveredOfTask' },
);
export type DeliveredOfTask = Type.Static<typeof DeliveredOfTask>;
