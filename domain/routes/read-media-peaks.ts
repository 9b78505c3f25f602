import { Type } from 'typebox';
import { FILE_ANSWERS, RangeHeaders } from '../http/range-headers.ts';
import { sendFile } from '../http/send-file.ts';
import { peaksPart } from '../media/peaks-part.ts';
import { MediaPath } from './media-path.ts';
import type { Route } from './route.ts';

const whole = (digits: number, description: string) =>
  Type.Optional(Type.String({ pattern: `^[0-9]{1,${digits}}$`, maxLength: digits, description }));
const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));

export const readMediaPeaks: Route = (server, { media }) =>
  server.get(
    '/v1/media/:media/peaks',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readMediaPeaks',
        summary: 'The waveform of imported media: smallest and largest samples at several zoom levels, binary',
        description:
          'Without a level the whole file, with its header; its format is in docs/media.md. With one the pairs of that level alone: `peaks-frames-per-pair`, `peaks-first-frame` and `peaks-pairs` say which.',
        tags: ['media'],
        produces: ['application/octet-stream'],
        params: MediaPath,
        querystring: Type.Object({
          level: whole(2, '0 is the finest'),
          fromFrame: whole(15, 'Of a level: from the pair that has this frame; default 0'),
          toFrame: whole(15, 'Of a level: up to this frame, without it; default: the end'),
        }),
        headers: RangeHeaders,
        response: FILE_ANSWERS,
      },
    },
    async (request, reply) => {
      const { level, fromFrame, toFrame } = request.query;
      const { path, tag } = media.peaksOf(request.principal.application, request.params.media);
      const file = { path, contentType: 'application/octet-stream', tag: `${tag}-peaks` };
      if (level === undefined) return sendFile({ request, reply }, file);
      const { offset, bytes, framesPerPair, firstFrame, pairs } = await peaksPart(path, {
        level: Number(level),
        fromFrame: numberOf(fromFrame),
        toFrame: numberOf(toFrame),
      });
      void reply.headers({
        'peaks-frames-per-pair': framesPerPair,
        'peaks-first-frame': firstFrame,
        'peaks-pairs': pairs,
      });
      const partTag = `${file.tag}-${Number(level)}-${firstFrame}-${pairs}`;
      return sendFile({ request, reply }, { ...file, tag: partTag, part: { offset, bytes } });
    },
  );
