/** What the host does to an instance between blocks, or at the beginning of one. All go by its InstanceRecord. [render] */
import { ac_event_midi1, ac_event_parameter, ac_event_size, Event, Layout } from '../abi.as';
import { Batch } from './batch.as';
import { InstanceRecord } from './instance.as';

/** Puts the value of a parameter into the list of events. @returns false when the list is full */
export function pushParameter(record: usize, frame: u32, id: u32, index: u32, value: f64): bool {
  return push(record, frame, ac_event_parameter, id, index, reinterpret<u64>(value));
}

/** Puts a MIDI message (its bytes, the status lowest) for a midi input into the list. @returns false when the list is full */
export function pushMidi(record: usize, frame: u32, port: u32, message: u32): bool {
  return push(record, frame, ac_event_midi1, port, 0, <u64>message);
}

/** Behind those of its frame. */
function push(record: usize, frame: u32, type: i32, id: u32, aux: u32, value: u64): bool {
  const instance = changetype<InstanceRecord>(record);
  if (instance.muted) return true; // it would never be taken
  const layout = changetype<Layout>(instance.layout);
  const count = layout.eventCount;
  if (count >= layout.eventCapacity) return false;
  // lanes and what is set by hand each come in their order, and may come to one instance
  let at = layout.events + <usize>count * <usize>ac_event_size;
  for (; at > layout.events && changetype<Event>(at - <usize>ac_event_size).frame > frame; at -= <usize>ac_event_size) {
    memory.copy(at, at - <usize>ac_event_size, <usize>ac_event_size);
  }
  const event = changetype<Event>(at);
  event.frame = frame;
  event.type = <u16>type;
  event.size = <u16>ac_event_size;
  event.id = id;
  event.aux = aux;
  store<u64>(at, value, offsetof<Event>('value'));
  layout.eventCount = count + 1;
  wake(instance);
  return true;
}

/** Takes the last event out of the list again. */
export function popEvent(record: usize): void {
  const instance = changetype<InstanceRecord>(record);
  if (!instance.muted) changetype<Layout>(instance.layout).eventCount -= 1;
}

export function hasEvents(record: usize): bool {
  return changetype<Layout>(changetype<InstanceRecord>(record).layout).eventCount != 0;
}

/** Puts an instance that was just activated, `layout`, into the place of the one before, and lets it be heard. */
export function replace(record: usize, layout: usize): void {
  const instance = changetype<InstanceRecord>(record);
  instance.layout = layout;
  instance.muted = 0;
  instance.mutedBy = 0;
  instance.status = 1;
  instance.isEmpty = 0;
  instance.peak = 0;
  wake(instance);
}

/** What is no longer as its batch left it must be looked at again. */
function wake(instance: InstanceRecord): void {
  if (instance.batch) changetype<Batch>(instance.batch).isIdle = 0;
}
