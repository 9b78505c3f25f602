import {
  feedbackOf,
  modeOf,
  type SurfaceBinding,
  type SurfaceControl,
  type SurfaceMap,
  type SurfaceMode,
  surfaceOf,
} from '@audiocloud/api';
import { LOWER_HALF, NRPN } from './control-reader.ts';
import { controlSpan } from './control-messages.ts';
import type { SurfaceMistake } from './surface-mistake.ts';

type Mistakes = Generator<SurfaceMistake>;

/** Printable, without what OSC 1.0 keeps for patterns: space # * , ? [ ] { }. */
const OSC_ADDRESS = /^(?:\/[!"$-)+.0->@-Z\\^-z|~]+)+$/;
const WAYS = ['cc', 'nrpn', 'bend', 'note', 'program', 'osc'] as const;

/** What is wrong with a map whatever the task. carriesOf: what an adapter carries, undefined when there is none. [any] */
export function* mapMistakes(map: SurfaceMap, carriesOf: (adapter: string) => string | undefined): Mistakes {
  for (const [name, { adapter }] of Object.entries(map.surfaces)) {
    const carries = carriesOf(adapter);
    const place = `/surfaces/${name}/adapter`;
    if (carries === undefined)
      yield {
        check: 'adapter-unknown',
        place,
        message: `there is no adapter ${adapter}`,
        mend: 'midi, osc, or install it',
      };
    else if (carries !== 'midi' && carries !== 'osc')
      yield {
        check: 'carries',
        place,
        message: `${adapter} carries ${carries}`,
        mend: 'an adapter that carries midi or osc',
      };
  }
  const taken = new Map<string, string>();
  for (const [i, binding] of map.bindings.entries()) {
    const place = `/bindings/${i}`;
    const surface = surfaceOf(map, binding);
    if (surface === undefined)
      yield {
        check: 'surface-unknown',
        place: binding.surface === undefined ? place : `${place}/surface`,
        message:
          binding.surface === undefined ? 'says no surface, and there are several' : `there is no ${binding.surface}`,
        mend: `one of ${Object.keys(map.surfaces).join(', ')}`,
      };
    const carries = surface === undefined ? undefined : carriesOf(map.surfaces[surface]!.adapter);
    for (const [key, control] of controlsOf(binding)) yield* controlMistakes(control, `${place}/${key}`, carries);
    yield* bindingMistakes(binding, place);
    for (const [key, control] of [
      ['from', binding.from],
      ['touch', binding.touch],
    ] as const)
      if (control) yield* takenMistakes(control, surface ?? '', `${place}/${key}`, taken);
  }
}

function controlsOf({ from, touch, feedbackTo }: SurfaceBinding): [string, SurfaceControl][] {
  const all: [string, SurfaceControl | undefined][] = [
    ['from', from],
    ['touch', touch],
    ['feedbackTo/control', feedbackTo?.control],
  ];
  return all.filter((one): one is [string, SurfaceControl] => one[1] !== undefined);
}

function* controlMistakes(control: SurfaceControl, place: string, carries: string | undefined): Mistakes {
  const { cc, osc } = control;
  const way = WAYS.find((one) => control[one])!;
  const wanted = osc ? 'osc' : 'midi';
  if ((carries === 'midi' || carries === 'osc') && carries !== wanted)
    yield {
      check: 'carries',
      place: `${place}/${way}`,
      message: `its surface speaks ${carries}`,
      mend: carries === 'osc' ? 'osc' : `one of ${WAYS.filter((one) => one !== 'osc').join(', ')}`,
    };
  if (cc?.bits === 14 && (cc.controller >= LOWER_HALF || cc.relative))
    yield {
      check: 'cc-bits',
      place: `${place}/cc/bits`,
      message: cc.relative ? 'an encoder has 7 bits' : `controller ${cc.controller} has no second half`,
      mend: cc.relative ? '7' : 'a controller from 0 to 31, or 7 bits',
    };
  if (!osc) return;
  if (!OSC_ADDRESS.test(osc.address))
    yield {
      check: 'osc-address',
      place: `${place}/osc/address`,
      message: `${JSON.stringify(osc.address)} is no address`,
      mend: 'names behind / each, without a space and # * , ? [ ] { }',
    };
  const [low, high] = controlSpan(control);
  if (low === high)
    yield { check: 'osc-range', place: `${place}/osc/range`, message: `both ends are ${low}`, mend: 'two numbers' };
}

/** The modes that a control can have. */
function modesOf({ cc, note, program, osc }: SurfaceControl): readonly SurfaceMode[] {
  if (cc?.relative) return ['relative'];
  if (program) return ['absolute'];
  if (note) return ['toggle', 'momentary'];
  return osc ? ['absolute', 'relative', 'toggle', 'momentary'] : ['absolute', 'toggle', 'momentary'];
}

function* bindingMistakes(binding: SurfaceBinding, place: string): Mistakes {
  const { from, touch, to, step, pickUp, feedbackTo } = binding;
  const mode = modeOf(binding);
  const feedback = feedbackOf(binding);
  const modes = modesOf(from);
  if (!modes.includes(mode))
    yield {
      check: 'mode',
      place: `${place}/mode`,
      message: `this control cannot be ${mode}`,
      mend: `${modes.join(', ')}${mode === 'relative' ? '; an encoder says in `cc` how it counts: `relative`' : ''}`,
    };
  if (touch && !touch.note && !touch.osc && (!touch.cc || touch.cc.relative || touch.cc.bits === 14))
    yield { check: 'touch', place: `${place}/touch`, message: 'a hand is there or not', mend: 'note, cc or osc' };
  if (step !== undefined && mode !== 'relative')
    yield { check: 'step', place: `${place}/step`, message: `${mode} counts no clicks`, mend: 'leave it out' };
  if (pickUp !== undefined && (mode !== 'absolute' || feedback !== 'none'))
    yield {
      check: 'pick-up',
      place: `${place}/pickUp`,
      message: mode === 'absolute' ? `a control with ${feedback} follows the value` : `${mode} meets no value`,
      mend: mode === 'absolute' ? 'leave it out, or feedback: none' : 'leave it out',
    };
  if (feedbackTo && feedback === 'none')
    yield {
      check: 'feedback-unused',
      place: `${place}/feedbackTo`,
      message: 'feedback is none',
      mend: 'motor, ring or lamp',
    };
  for (const [key, ends] of [
    ['to/range', to.range],
    ['feedbackTo/values', feedbackTo?.values],
  ] as const)
    if (ends && ends[0] === ends[1])
      yield { check: 'range-ends', place: `${place}/${key}`, message: `both ends are ${ends[0]}`, mend: 'two values' };
}

/** The messages that a control is made of, each with what it stands beside: an NRPN shares its controllers with others. */
function messagesOf({ cc, nrpn, bend, note, program, osc }: SurfaceControl): string[] {
  if (osc) return [osc.address];
  if (bend) return [`bend ${bend.channel}`];
  if (program) return [`program ${program.channel}`];
  if (note) return [`note ${note.channel} ${note.note}`];
  if (nrpn) return [`nrpn ${nrpn.channel} ${nrpn.number}`];
  const { channel, controller, bits } = cc!;
  return [controller, ...(bits === 14 ? [controller + LOWER_HALF] : [])].map((number) => `cc ${channel} ${number}`);
}

function* takenMistakes(control: SurfaceControl, surface: string, place: string, taken: Map<string, string>): Mistakes {
  const own = messagesOf(control);
  const channel = control.nrpn?.channel ?? control.cc?.channel;
  const carriers = Object.values(NRPN).map((number) => `cc ${channel} ${number}`);
  const beside = control.nrpn ? carriers : own.some((name) => carriers.includes(name)) ? [`any nrpn ${channel}`] : [];
  const other = [...own, ...beside].find((name) => taken.has(`${surface} ${name}`));
  if (other !== undefined)
    yield {
      check: 'same-control',
      place,
      message: `is taken by ${taken.get(`${surface} ${other}`)}`,
      mend: 'one control for each; values that move together are links of the task',
    };
  for (const name of [...own, ...(control.nrpn ? [`any nrpn ${channel}`] : [])])
    if (!taken.has(`${surface} ${name}`)) taken.set(`${surface} ${name}`, place);
}
