// The decoders of the client library, as a worker of its own.
import '@audiocloud/client/decode-worker';
