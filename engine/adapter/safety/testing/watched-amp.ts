import type { Value } from '@audiocloud/api';

/** Every value of the amplifier by name; phantom power has two. */
export type AmpValues = Record<string, Value>;

/** What its maker says of it, which is not read from any driver. */
const GAIN_STEP_DB = 2;
const GAIN_EVERY_MS = 20;
const LEVEL_EVERY_MS = 50;
const MAINS_ON_MS = 300;
const MAINS_OFF_MS = 200;
const PHANTOM_AFTER_MS = 500;
const WARM_UP_MS = 1000;
const ROUNDING_DB = 0.011;

/** An amplifier that knows what harms it: it takes whatever comes, and notes each harm. Times in ms. */
export class WatchedAmp {
  readonly values: AmpValues = { gain: 0, level: 0, mains: false, 'phantom 0': false, 'phantom 1': false, mute: true };
  readonly harms: string[] = [];
  private readonly turnedMs: Record<string, number> = {};
  /** Values that were not written since the plug went in. */
  private fresh = new Set(Object.keys(this.values));

  get isSafe(): boolean {
    const { values } = this;
    return values['mute'] === true && ![values['mains'], values['phantom 0'], values['phantom 1']].includes(true);
  }

  plugged(): void {
    this.fresh = new Set(Object.keys(this.values));
  }

  /** What comes in one write. */
  take(written: AmpValues, nowMs: number): void {
    const before = { ...this.values };
    const turned = Object.keys(written).filter((name) => written[name] !== before[name]);
    Object.assign(this.values, written);
    for (const [name, value] of Object.entries(written)) this.checkRange(name, value);
    for (const name of turned) this.checkTurn(name, before, nowMs);
    this.checkState();
    for (const name of turned) this.turnedMs[name] = nowMs;
    for (const name of Object.keys(written)) this.fresh.delete(name);
  }

  private checkRange(name: string, value: Value): void {
    const isFine =
      name === 'gain'
        ? typeof value === 'number' && value >= -20 && value <= 20
        : name === 'level'
          ? typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 10
          : typeof value === 'boolean';
    if (!isFine) this.harms.push(`range: ${name} ${value}`);
  }

  private checkTurn(name: string, before: AmpValues, nowMs: number): void {
    const { values, turnedMs } = this;
    // A moment of the clock is a sum of fractions.
    const since = (other: string) => nowMs - (turnedMs[other] ?? Number.NEGATIVE_INFINITY) + 1e-6;
    const isOn = values[name] === true;
    const harm = (what: string, isDone: boolean) =>
      isDone && this.harms.push(`${what}: ${name} ${values[name]} at ${nowMs}`);
    if (name === 'gain' && !this.fresh.has(name)) {
      harm('step', Math.abs(Number(values[name]) - Number(before[name])) > GAIN_STEP_DB + ROUNDING_DB);
      harm('rate', since(name) < GAIN_EVERY_MS);
    }
    if (name === 'level' && !this.fresh.has(name)) harm('rate', since(name) < LEVEL_EVERY_MS);
    if (name === 'mains') {
      harm('least time', since(name) < (isOn ? MAINS_OFF_MS : MAINS_ON_MS));
      harm('mute before mains', isOn && values['mute'] !== true);
    }
    const hasMainsFor = (ms: number) => before['mains'] === true && since('mains') >= ms;
    if (name.startsWith('phantom')) harm('mains before phantom', isOn && !hasMainsFor(PHANTOM_AFTER_MS));
    if (name === 'mute') harm('warm-up before unmute', !isOn && !hasMainsFor(WARM_UP_MS));
  }

  private checkState(): void {
    const { values } = this;
    if (values['mains'] === true) return;
    for (const name of ['phantom 0', 'phantom 1'])
      if (values[name] === true) this.harms.push(`phantom off before mains: ${name}`);
    if (values['mute'] !== true) this.harms.push('mute before mains off');
  }
}
