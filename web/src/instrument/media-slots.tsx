import type { MediaSlot } from '@audiocloud/api';
import { useSession, useSessionView } from '../session/use-session.ts';
import './media-slots.css';
import { shownPlaces, withMedia } from './slot-media.ts';

interface Props {
  instance: string;
  owner: string;
  slots: readonly MediaSlot[];
}

/** What is in the media slots of an instance, and a choice among the media of the task for each place. */
export function MediaSlots({ instance, owner, slots }: Props) {
  const session = useSession();
  const { task } = useSessionView();
  const value = task?.instances?.[instance];
  if (!value) return null;
  const media = Object.entries(task.media ?? {});
  const choose = (slot: MediaSlot, place: number, name: string) =>
    session.edit([
      { op: 'put', part: 'instances', name: instance, value: withMedia(value, slot, place, name === '' ? null : name) },
    ]);
  return (
    <div className="media-slots">
      {slots.map((slot) =>
        shownPlaces(value, slot).map((name, place, places) => {
          const title = places.length > 1 || slot.count ? `${slot.name} ${place + 1}` : slot.name;
          return (
            <label key={`${slot.id} ${place}`} title={slot.description}>
              <span className="control-caption">{title}</span>
              <select
                aria-label={`${owner} ${title}`}
                value={name ?? ''}
                onChange={(event) => choose(slot, place, event.target.value)}
              >
                <option value="">{media.length > 0 ? 'Nothing' : 'The task has no media'}</option>
                {media.map(([id, { path }]) => (
                  <option key={id} value={id} title={path}>
                    {id}
                  </option>
                ))}
              </select>
            </label>
          );
        }),
      )}
    </div>
  );
}
