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
  const instance = task?.instances?.[name];
  const model = session.model(name);
  if (!instance) return null;
  const owner = instance.name ?? name;
  const midiPorts = model?.inputs.filter(({ kind }) => kind === 'midi') ?? [];
  return (
    <>
      <FaultNote name={owner} state={state?.instances[name]} />
      {model ? (
        <>
          {midiPorts.length > 0 && !instance.fixed && <Keyboard instance={name} owner={owner} ports={midiPorts} />}
          <PianoRoll instance={name} owner={owner} />
          {model.mediaSlots && <MediaSlots instance={name} owner={owner} slots={model.mediaSlots} />}
          <PresetBar instance={name} owner={owner} model={model} />
          <ParameterPanel
            owner={owner}
            model={model}
            valuesOf={(parameter) => session.values(name, parameter)}
            onSet={(parameter, value, index) =>
              session.set({ instance: name, parameter, value, ...(index === undefined ? {} : { index }) })
            }
          />
        </>
      ) : (
        <p className="note">No engine offers the model {instance.model}.</p>
      )}
    </>
  );
}
