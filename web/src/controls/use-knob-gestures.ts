import type { Parameter, Value } from '@audiocloud/api';
import { type RefObject, useEffect, useRef } from 'react';
import { defaultValue, turn } from './knob-travel.ts';

const DRAG_PIXELS = 220;
const FINE = 0.1;
const WHEEL_TRAVEL = 0.015;

interface Options {
  parameter: Parameter;
  index: number | undefined;
  value: Value;
  isReadOnly: boolean;
  onSet(value: Value): void;
}

/**
 * Vertical drag (with Shift: fine), wheel and double click on an element.
 *
 * The listeners are native and set once: React's wheel listener is passive and could not keep the page from scrolling.
 */
export function useKnobGestures(element: RefObject<HTMLElement | null>, options: Options): void {
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const listening = new AbortController();
    const { signal } = listening;
    let lastY = 0;
    // the exact value under the finger: steps of the parameter must not swallow small moves
    let dragged: Value | undefined;
    let carried = 0;
    const move = (travel: number) => {
      const { parameter, value, onSet } = latest.current;
      carried += travel;
      const next = turn(parameter, dragged ?? value, carried);
      if (next === (dragged ?? value)) return;
      carried = 0;
      dragged = next;
      onSet(next);
    };
    target.addEventListener(
      'pointerdown',
      (event) => {
        if (event.button !== 0 || latest.current.isReadOnly) return;
        target.setPointerCapture(event.pointerId);
        target.focus();
        event.preventDefault();
        lastY = event.clientY;
        dragged = latest.current.value;
        carried = 0;
      },
      { signal },
    );
    target.addEventListener(
      'pointermove',
      (event) => {
        if (!target.hasPointerCapture(event.pointerId)) return;
        move(((lastY - event.clientY) / DRAG_PIXELS) * (event.shiftKey ? FINE : 1));
        lastY = event.clientY;
      },
      { signal },
    );
    target.addEventListener('lostpointercapture', () => (dragged = undefined), { signal });
    target.addEventListener(
      'wheel',
      (event) => {
        if (latest.current.isReadOnly) return;
        event.preventDefault();
        dragged = undefined;
        if (event.deltaY !== 0) move(-Math.sign(event.deltaY) * WHEEL_TRAVEL * (event.shiftKey ? FINE : 1));
      },
      { signal, passive: false },
    );
    target.addEventListener(
      'dblclick',
      () => {
        const { isReadOnly, parameter, index, onSet } = latest.current;
        if (!isReadOnly) onSet(defaultValue(parameter, index));
      },
      { signal },
    );
    return () => listening.abort();
  }, [element]);
}
