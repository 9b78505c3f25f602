import type { Control } from '@audiocloud/api';
import { Keyboard } from '../instrument/keyboard.tsx';
import { MediaSlots } from '../instrument/media-slots.tsx';
import { PianoRoll } from '../instrument/piano-roll.tsx';
import { PresetBar } from '../presets/preset-bar.tsx';
import { useSession, useSessionView } from '../session/use-session.ts';
import { FaultNote } from './fault-note.tsx';
import { ParameterPanel } from './parameter-panel.tsx';

/** The controls of an instance, drawn from its model. */
export function InstanceFaceplate({ name }: { name: string }) {
  const session = useSession();
  const { task, state } = useSessionView();
  const mayTurn = session.may('parameters');
  const instance = task?.instances?.[name];
  const model = session.model(name);
  if (!instance) return null;
  const control = (parameter: string, index: number | undefined): Control => ({
    instance: name,
    parameter,
    ...(index === undefined ? {} : { index }),
  });
  const owner = instance.name ?? name;
  const midiPorts = model?.inputs.filter(({ kind }) => kind === 'midi') ?? [];
  return (
    <>
      <FaultNote name={owner} state={state?.instances[name]} />
      {model ? (
        <>
          {midiPorts.length > 0 && !instance.fixed && mayTurn && (
            <Keyboard instance={name} owner={owner} ports={midiPorts} />
          )}
          <PianoRoll instance={name} owner={owner} />
          {model.mediaSlots && (
            <fieldset className="bare" disabled={!session.may('structure')}>
              <MediaSlots instance={name} owner={owner} slots={model.mediaSlots} />
            </fieldset>
          )}
          <fieldset className="bare" disabled={!mayTurn}>
            <PresetBar instance={name} owner={owner} model={model} />
          </fieldset>
          <ParameterPanel
            owner={owner}
            model={model}
            isReadOnly={!mayTurn}
            handOn={(parameter, index) => session.handOn(control(parameter, index))}
            onHold={(parameter, index, isHeld) => session.hold(control(parameter, index), isHeld)}
            valuesOf={(parameter) => session.values(name, parameter)}
            onSet={(parameter, value, index) => session.set({ ...control(parameter, index), value })}
          />
        </>
      ) : (
        <p className="note">No engine offers the model {instance.model}.</p>
      )}
    </>
  );
}
