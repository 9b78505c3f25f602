import type { CSSProperties, PropsWithChildren } from 'react';
import './control-place.css';
import type { Person } from './people.ts';

interface Props {
  /** Whose hand is on the control. */
  hand: Person | undefined;
  /** The hand of this page comes and goes. */
  onHold: ((isHeld: boolean) => void) | undefined;
}

/** Around a control: the hand of somebody else shows, and that of this page is told. */
export function ControlPlace({ hand, onHold, children }: PropsWithChildren<Props>) {
  const letGo = () => onHold?.(false);
  return (
    <div
      className={hand ? 'control-place held' : 'control-place'}
      style={hand && ({ '--person': hand.color } as CSSProperties)}
      data-hand={hand?.name}
      onPointerDown={(event) => event.button === 0 && onHold?.(true)}
      onPointerUp={letGo}
      onPointerCancel={letGo}
      onLostPointerCapture={letGo}
    >
      {children}
    </div>
  );
}
