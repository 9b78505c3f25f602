import {
  type AudioCloudError,
  feedbackOf,
  modeOf,
  type ParameterChange,
  type SurfaceBinding,
  type SurfaceControl,
  type SurfaceFeedback,
  type SurfaceMode,
  type Value,
} from '@audiocloud/api';
import type { LiveTask } from '../live-task.ts';
import { controlMessages, controlSpan, heldNumber, isUpperHalf } from './control-messages.ts';
import { type ControlReader, controlReader } from './control-reader.ts';
import type { FittedBinding } from './fit-binding.ts';
import { PickUp } from './pick-up.ts';
import type { SurfaceMessage } from './surface-message.ts';

/** What a surface needs of a task that is live. */
export type SurfaceTask = Pick<LiveTask, 'hasTask' | 'task' | 'models' | 'values' | 'set' | 'touch'>;

/** A hand that moved a control is taken as on it for so long: a motor would pull against it. */
const HAND_MS = 500;
/** How long the others are told of a hand, unless again; said again in half of it. */
const TOUCH_SECONDS = 2;
/** The lower half of a number follows the upper one within a message or two; a slow cable takes 1 ms for each. */
const HALF_MS = 30;
/** Some surfaces say again what a motor was told: what comes back within this time is no hand. */
const ECHO_MS = 250;
/** Of the whole way; rounding in a surface that keeps fewer digits than it was told. */
const ECHO_TOLERANCE = 0.0005;

/**
 * One control that moves one parameter, and shows it. [any]
 *
 * now: milliseconds of a clock that only goes forward. What is sent is sent at once; `isPending` asks for `tick`.
 */
export class BoundControl {
  private readonly binding: SurfaceBinding;
  private readonly fitted: FittedBinding;
  private readonly task: SurfaceTask;
  private readonly send: (message: SurfaceMessage) => void;
  private readonly onRefused: (error: AudioCloudError) => void;
  private readonly mode: SurfaceMode;
  private readonly feedback: SurfaceFeedback;
  /** The control that shows the value. */
  private readonly shownBy: SurfaceControl;
  /** Whether what the hand does to it is what it shows. */
  private readonly isSame: boolean;
  private readonly reader: ControlReader;
  private readonly touchReader: ControlReader | undefined;
  private readonly pickUp: PickUp | undefined;
  /** What the control shows; undefined: not known. */
  private shown: number | undefined;
  /** The last number that came since something was sent. */
  private heard: number | undefined;
  private echoes: { number: number; at: number }[] = [];
  private isTouched = false;
  private movedAt = Number.NEGATIVE_INFINITY;
  private toldHandAt = Number.NEGATIVE_INFINITY;
  private halfSince = 0;
  /** Set here last, and where on the way that was. */
  private lastSet: { value: Value; travel: number } | undefined;
  private isDue = false;

  constructor(
    binding: SurfaceBinding,
    fitted: FittedBinding,
    task: SurfaceTask,
    send: (message: SurfaceMessage) => void,
    onRefused: (error: AudioCloudError) => void,
  ) {
    this.binding = binding;
    this.fitted = fitted;
    this.task = task;
    this.send = send;
    this.onRefused = onRefused;
    this.mode = modeOf(binding);
    this.feedback = feedbackOf(binding);
    const { from, touch, feedbackTo } = binding;
    this.shownBy = feedbackTo?.control ?? from;
    this.isSame = this.mode === 'absolute' && this.feedback !== 'none' && !feedbackTo;
    this.reader = controlReader(from);
    this.touchReader = touch && controlReader(touch);
    const waits = this.mode === 'absolute' && this.feedback === 'none' && !from.program && !fitted.isToggle;
    if (waits && binding.pickUp !== false) this.pickUp = new PickUp();
  }

  /** Something is to be done later: call `tick`, some ten times a second. */
  get isPending(): boolean {
    return this.isDue || this.reader.isWaiting || this.isTouched;
  }

  /** A message of its surface; most are of other controls. */
  take(message: SurfaceMessage, now: number): void {
    const touch = this.touchReader?.take(message);
    const number = this.reader.take(message);
    if (touch !== undefined) this.touched(isUpperHalf(this.binding.touch!, touch), now);
    else if (number !== undefined) this.moved(number, now);
    else if (this.reader.isWaiting) this.halfSince = now;
  }

  /** The parameter may have another value, or the control may show another one. */
  show(now: number): void {
    this.isDue = this.isSame && this.hasHand(now);
    if (this.isDue || this.feedback === 'none') return;
    const wanted = this.numberOf(this.value());
    if (wanted === this.shown) return;
    this.shown = wanted;
    this.heard = undefined;
    if (this.isSame) this.echoes.push({ number: wanted, at: now });
    this.isDue = this.isSame; // what it says of that is looked at once more
    for (const message of controlMessages(this.shownBy, wanted)) this.send(message);
  }

  tick(now: number): void {
    if (this.reader.isWaiting && now - this.halfSince >= HALF_MS) this.moved(this.reader.settle()!, now);
    if (this.isTouched) this.tellHand(now);
    if (!this.isDue || this.hasHand(now)) return;
    this.echoes = this.echoes.filter(({ at }) => now - at < ECHO_MS);
    if (this.echoes.length) return;
    // the last word of the surface counts, echo or not
    if (this.heard !== undefined) this.shown = this.heard;
    this.show(now);
  }

  /** What the control shows is not known any more. */
  forget(): void {
    this.shown = undefined;
    this.heard = undefined;
    this.echoes = [];
  }

  /** Nobody has a hand on it any more. */
  letGo(): void {
    if (this.isTouched) this.tell(0);
    this.isTouched = false;
    this.toldHandAt = Number.NEGATIVE_INFINITY;
    this.movedAt = Number.NEGATIVE_INFINITY;
  }

  private hasHand(now: number): boolean {
    return this.isTouched || now - this.movedAt < HAND_MS;
  }

  private touched(isOn: boolean, now: number): void {
    if (isOn === this.isTouched) return;
    if (isOn) {
      this.isTouched = true;
      this.tellHand(now);
      return;
    }
    this.letGo();
    this.show(now);
  }

  private moved(number: number, now: number): void {
    if (this.mode === 'absolute') {
      this.movedTo(number, now);
      return;
    }
    if (this.mode === 'relative') this.turned(number, now);
    else this.pressed(isUpperHalf(this.binding.from, number), now);
    // keys and rings light up by themselves: they are told again
    if (!this.binding.feedbackTo?.control) this.shown = undefined;
    this.show(now);
  }

  private movedTo(number: number, now: number): void {
    const travel = this.travelOf(number);
    const current = this.value();
    this.heard = number;
    if (this.isSame && !this.isTouched) {
      if (this.isEcho(number, now)) return;
      if (number === this.shown && !this.hasHand(now)) return;
      if (this.echoes.length && this.fitted.valueAt(travel) === current) {
        this.heard = undefined; // a surface that says a value in another way: told again, it would say the same again
        return;
      }
    }
    if (this.isSame) {
      this.shown = number;
      this.isDue = true;
    }
    this.movedAt = now;
    if (this.pickUp && !this.pickUp.takes(travel, this.fitted.travelOf(current), current === this.lastSet?.value))
      return;
    this.set(travel, now);
  }

  private turned(clicks: number, now: number): void {
    const current = this.value();
    // what rounding to steps took away counts on
    const from = current === this.lastSet?.value ? this.lastSet.travel : this.fitted.travelOf(current);
    this.set(Math.max(0, Math.min(1, from + clicks * this.fitted.step)), now);
  }

  private pressed(isDown: boolean, now: number): void {
    if (this.mode === 'momentary') this.set(isDown ? 1 : 0, now);
    else if (isDown) this.set(this.fitted.travelOf(this.value()) < 0.5 ? 1 : 0, now);
  }

  private set(travel: number, now: number): void {
    const value = this.fitted.valueAt(travel);
    this.lastSet = { value, travel };
    this.tellHand(now);
    const { instance, parameter, index } = this.binding.to;
    const values = this.task.values(instance, parameter);
    if ((index === undefined ? values : [values[index]]).every((one) => one === value)) return;
    const change: ParameterChange = { instance, parameter, value, ...(index === undefined ? {} : { index }) };
    this.task.set(change).catch((error: AudioCloudError) => {
      this.lastSet = undefined;
      this.isDue = true;
      this.onRefused(error);
    });
  }

  private value(): Value {
    const { instance, parameter, index = 0 } = this.binding.to;
    return this.task.values(instance, parameter)[index]!;
  }

  private isEcho(number: number, now: number): boolean {
    const [low, high] = controlSpan(this.shownBy);
    const tolerance = ECHO_TOLERANCE * Math.abs(high - low);
    this.echoes = this.echoes.filter(({ at }) => now - at < ECHO_MS);
    const found = this.echoes.findIndex((echo) => Math.abs(echo.number - number) <= tolerance);
    if (found < 0) return false;
    this.echoes.splice(0, found + 1);
    return true;
  }

  /** 0 to 1 of the way. */
  private travelOf(number: number): number {
    const { positions } = this.fitted;
    if (this.binding.from.program && positions !== undefined) return Math.min(1, number / Math.max(1, positions - 1));
    const [low, high] = controlSpan(this.binding.from);
    return Math.max(0, Math.min(1, (number - low) / (high - low)));
  }

  private numberOf(value: Value): number {
    const travel = this.fitted.travelOf(value);
    const { positions } = this.fitted;
    const { values } = this.binding.feedbackTo ?? {};
    const isCounted = this.shownBy.program && positions !== undefined && !values;
    const [low, high] = isCounted ? [0, positions - 1] : (values ?? controlSpan(this.shownBy));
    return heldNumber(this.shownBy, low + travel * (high - low));
  }

  private tellHand(now: number): void {
    if (now - this.toldHandAt < (1000 * TOUCH_SECONDS) / 2) return;
    this.toldHandAt = now;
    this.tell(TOUCH_SECONDS);
  }

  private tell(seconds: number): void {
    const { instance, parameter, index } = this.binding.to;
    const control = { instance, parameter, ...(index === undefined ? {} : { index }) };
    this.task.touch(control, seconds).catch(() => {}); // while the domain is away nobody sees it
  }
}
