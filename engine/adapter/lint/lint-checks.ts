/** Every mistake that the linter knows, by its id. A test has a bad file for each. docs/device-guide.md names them. */
export const LINT_CHECKS = {
  // files
  'yaml-syntax': 'The file is no YAML or JSON',
  'yaml-anchor': 'An alias without its anchor',
  'yaml-key-twice': 'A key stands twice',
  'unknown-key': 'A key that does not exist here',
  shape: 'A value of the wrong kind, or one that is missing',
  // model
  'unit-spelling': 'A unit that is spelt in another way',
  'range-order': 'min is not below max',
  'range-steps': 'The steps of a range do not reach its end',
  'default-outside': 'A default that the range does not have',
  'id-twice': 'Two parameters, reports or ports of one name',
  'list-value-twice': 'A value stands twice in a list',
  'toggle-unit': 'The unit toggle without the range toggle, or the other way round',
  'taper-range': 'A taper that its range cannot have',
  'port-channels': 'Channels that do not fit their port',
  'preset-value': 'A preset that names no parameter, or a value outside of its range',
  'medium-transport': 'The transport of a medium names what the model does not have',
  // names
  'driver-model': 'The driver is for another model',
  'parameter-unknown': 'The model has no such parameter',
  'parameter-unmapped': 'A parameter without a mapping',
  'report-unknown': 'The model has no such report',
  'report-unmapped': 'A report without a mapping',
  'value-count': 'More or fewer mappings than values',
  // adapter
  'mapping-kind': 'A mapping that says no kind, or two',
  carries: 'A mapping that the adapter does not carry',
  settings: 'A setting that the adapter does not take',
  'port-number': 'A port by a number that changes at each plug',
  'port-any': 'A port that fits every device',
  'stream-mixed': 'Lines and frames on one stream',
  'delimiter-unused': 'A delimiter where no lines come',
  // values
  'same-wire': 'Two parameters write the same, or two reports read the same',
  'map-missing': 'A list or toggle without a map',
  'map-value-missing': 'A value of the model that the map does not have',
  'map-value-unknown': 'A value in the map that the model does not have',
  'map-value-twice': 'A value stands twice in a map',
  'map-wire': 'What stands for a value cannot be written',
  'map-wire-twice': 'Two values look the same on the wire',
  'map-on-range': 'A map for a range of numbers',
  'rescale-on-list': 'A straight line for a list or toggle',
  'rescale-travel': 'Part of the travel is lost: not the range of the model',
  'rescale-width': 'Both ends of an interval are the same',
  'wire-range': 'Numbers that do not fit where they are written or read',
  'steps-lost': 'Two steps of a parameter are the same on the wire',
  'clamp-order': 'The lowest of a clamp is not below the highest',
  'expression-syntax': 'No arithmetic',
  'expression-name': 'A name that expressions do not know',
  'expression-size': 'An expression that is too long or too deep',
  'expression-result': 'An expression that has no finite result, never changes, or misses the range',
  // MIDI
  'cc-14-bits': '14 bits on a controller that has no second half',
  'sysex-ends': 'A SysEx message without F0 and F7, or with bytes above 7F between',
  'sysex-7-bits': 'A value in the highest bit of a SysEx byte',
  // lines
  'line-place': 'Not one {value} in a line, or an unknown brace',
  'line-skip': '{skip} in what is sent',
  'line-end': 'A line end in what is matched',
  'line-escape': 'A line end in single quotes',
  'line-digits': 'Digits where no number is sent',
  // bytes
  'byte-position': 'A byte position that is no number',
  'byte-order': 'Several bytes without an order, or one byte with one',
  'field-shape': 'A value that stands in no way, or in two',
  'field-twice': 'A value that holds a bit twice',
  'field-bits': 'A number of more than 64 bits',
  'field-beyond-page': 'A position beyond the end of the page',
  'field-in-frame': 'A value in the header, tail or checksum',
  'one-hot-inverted': 'An inverted place that is not there',
  'page-unknown': 'A page that is not declared',
  'page-use': 'A parameter in a page that is read, or a report in one that is written',
  'page-unused': 'A page that nothing uses',
  'page-room': 'Header, tail and checksum do not fit into the page',
  'page-ambiguous': 'Two pages that are read and look the same',
  'page-header': 'A frame that is read and has no header',
  'page-base': 'Read, modify, write with a page that is not read',
  'checksum-range': 'A checksum over bytes that are not there',
  'checksum-place': 'A checksum that stands where something else does',
  'checksum-order': 'A checksum of two bytes without an order, or of one with one',
  // OSC and HTTP
  'osc-address': 'No OSC address',
  'osc-type': 'A map that gives what its OSC type cannot hold',
  'request-path': 'A path that does not begin with /',
  'request-place': 'A request without {value}',
  'request-pointer': 'A report without its place in the answer',
  'request-direction': 'A parameter that reads, or a report that sends',
  // exchange
  'await-way': 'An awaited answer of no kind, of two, or that the adapter does not carry',
  'await-page': 'An awaited page that is not read',
  'poll-way': 'A poll of no kind, of two, or that the adapter does not carry',
  'poll-page': 'A poll that sends a page which is not written',
  'poll-unread': 'A poll whose answer nobody reads',
  'lost-too-soon': 'A device that counts as lost between two polls',
  // delivery
  'delivery-unknown': 'A delivery of a parameter that the driver does not have',
  'gap-unused': 'A gap of a parameter that is not longer than that of the device',
  'gap-too-long': 'Polls that alone fill the time with their gaps',
  'ramp-on-list': 'A ramp for a list or toggle',
  'ramp-step': 'A step that is the whole travel, or no whole number of the steps of the range',
  'ramp-too-long': 'A ramp that takes more than 30 seconds from end to end',
  'ramp-gap': 'Steps of a ramp that come faster than the gaps allow',
  'read-back-report': 'A report that cannot say what the device has',
  'read-back-tolerance': 'A tolerance that is missing, has no meaning, or takes in half the travel',
  'read-back-late': 'A value that has failed before the device is asked for it',
  // safe values
  'safe-parameter': 'A safe value for a parameter that the model does not have',
  'safe-value': 'A safe value that its parameter cannot have, or too many of them',
  'safe-late': 'Safe values that take more than 800 ms, with one answer that is awaited before them',
  // interlocks
  'interlock-parameter': 'A rule about a parameter that the model does not have',
  'interlock-name': 'Two rules of one name',
  'interlock-same': 'A rule between a parameter and itself',
  'interlock-condition': 'A condition that is always so, never so, or of another kind than its parameter',
  'interlock-default': 'Defaults of the model that break a rule',
  'interlock-safe': 'Safe values that a rule forbids, or that it needs and lacks',
  'interlock-cycle': 'Rules that wait for each other',
  'interlock-page': 'A value with a rule that stands in a page and has no safe value',
  'stay-parameter': 'A least time of what is no toggle',
} as const;
export type LintCheck = keyof typeof LINT_CHECKS;

/** One mistake. place: JSON pointer in the file. */
export interface Mistake {
  check: LintCheck;
  place: string;
  message: string;
  mend: string;
}
export type Mistakes = Generator<Mistake>;
