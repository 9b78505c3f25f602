// A second entry file of the `count` target.
export { ac_allocations } from './allocation.as';
