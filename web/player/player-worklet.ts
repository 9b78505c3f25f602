// The worklet of the client library, as a module of its own.
import '@audiocloud/client/player-worklet';
