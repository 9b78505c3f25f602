const PATHS = {
  start: 'M5 4v12M16 4 8 10l8 6z',
  play: 'M6 3.5v13l11-6.5z',
  stop: 'M4.5 4.5h11v11h-11z',
  loop: 'M4 10a4.5 4.5 0 0 1 4.5-4.5H16M13.5 3 16 5.5 13.5 8M16 10a4.5 4.5 0 0 1-4.5 4.5H4M6.5 17 4 14.5 6.5 12',
} as const;

/** The signs of the transport, drawn: no font has them all alike. */
export function TransportIcon({ sign }: { sign: keyof typeof PATHS }) {
  return (
    <svg viewBox="0 0 20 20" className={`icon icon-${sign}`} aria-hidden="true">
      <path d={PATHS[sign]} />
    </svg>
  );
}
