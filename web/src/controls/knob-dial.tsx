// The dial turns 270 degrees, open at the bottom.
const START_DEGREES = -225;
const SWEEP_DEGREES = 270;
const RADIUS = 20;

function point(travel: number, radius: number): string {
  const angle = ((START_DEGREES + travel * SWEEP_DEGREES) * Math.PI) / 180;
  return `${(24 + radius * Math.cos(angle)).toFixed(2)} ${(24 + radius * Math.sin(angle)).toFixed(2)}`;
}

function arc(from: number, to: number): string {
  const isLarge = Math.abs(to - from) * SWEEP_DEGREES > 180 ? 1 : 0;
  return `M ${point(from, RADIUS)} A ${RADIUS} ${RADIUS} 0 ${isLarge} ${to > from ? 1 : 0} ${point(to, RADIUS)}`;
}

/** The drawing of a knob: track, the arc from its neutral place to its value, pointer. Travels are 0 to 1. */
export function KnobDial({ travel, neutral }: { travel: number; neutral: number }) {
  return (
    <svg className="dial" viewBox="0 0 48 48" aria-hidden="true">
      <path className="dial-track" d={arc(0, 1)} />
      {Math.abs(travel - neutral) > 0.002 && <path className="dial-value" d={arc(neutral, travel)} />}
      <circle className="dial-cap" cx="24" cy="24" r="14.5" />
      <path className="dial-pointer" d={`M ${point(travel, 7)} L ${point(travel, 13)}`} />
    </svg>
  );
}
